// The stochastic recurrent network.
#include "experiments/latent_model.h"
#include "sluice/autograd/arrange.h"

namespace sluice::experiment {

namespace {

class Storn : public LatentModel {
 public:
  Storn(const LatentOptions& o, Generator& generator)
      : options_(o),
        recognition_({.cell = o.cell,
                      .input_size = o.input_size,
                      .hidden_size = o.hidden_size,
                      .direction = DirectionOf::both,
                      .batch_first = true},
                     generator),
        guess_({.input_size = 2 * o.hidden_size, .output_size = 2 * o.latent_size}, generator),
        generation_({.cell = o.cell,
                     .input_size = o.input_size + o.latent_size,
                     .hidden_size = o.hidden_size,
                     .batch_first = true},
                    generator),
        readout_({.input_size = o.hidden_size, .output_size = o.input_size}, generator) {
    add("recognition", recognition_);
    add("guess", guess_);
    add("generation", generation_);
    add("readout", readout_);
  }

  LatentCosts costs(const Variable& x, const Variable& y, const Padding& padding,
                    Generator& noise) override {
    const Gaussian guess = gaussian_of(guess_.forward(recognition_.run(y, {}, padding).output));
    return {answer_costs(logits(x, draw(guess, noise), padding), y.value()), divergence(guess)};
  }

  Variable forward(const Variable& x, const Padding& padding = {}) override {
    const Tensor middle({x.shape()[0], x.shape()[1], options_.latent_size}, x.dtype());
    return logits(x, middle, padding);
  }

 private:
  Variable logits(const Variable& x, const Variable& z, const Padding& padding) {
    return readout_.forward(generation_.run(concat({x, z}, -1), {}, padding).output);
  }

  LatentOptions options_;
  Recurrent recognition_;
  Linear guess_;
  Recurrent generation_;
  Linear readout_;
};

}  // namespace

std::unique_ptr<LatentModel> make_storn(const LatentOptions& options, Generator& generator) {
  return std::make_unique<Storn>(options, generator);
}

}  // namespace sluice::experiment
