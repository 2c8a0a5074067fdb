// The variational recurrent network.
#include <vector>

#include "experiments/latent_model.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/pointwise.h"

namespace sluice::experiment {

namespace {

/// Linear, relu, linear.
class TwoLayers : public Composite {
 public:
  TwoLayers(int input_size, int hidden_size, int output_size, Generator& generator)
      : first_({.input_size = input_size, .output_size = hidden_size}, generator),
        second_({.input_size = hidden_size, .output_size = output_size}, generator) {
    add("first", first_);
    add("second", second_);
  }
  Variable forward(const Variable& x, const Padding& = {}) override {
    return second_(relu(first_(x)));
  }

 private:
  Linear first_, second_;
};

class Vrnn : public LatentModel {
 public:
  Vrnn(const LatentOptions& o, Generator& generator)
      : options_(o),
        of_x_({.input_size = o.input_size, .output_size = o.feature_size}, generator),
        of_z_({.input_size = o.latent_size, .output_size = o.feature_size}, generator),
        prior_(o.hidden_size, o.feature_size, 2 * o.latent_size, generator),
        posterior_(o.feature_size + o.hidden_size, o.feature_size, 2 * o.latent_size, generator),
        decoder_(o.feature_size + o.hidden_size, o.feature_size, o.input_size, generator),
        recurrent_({.cell = o.cell,
                    .input_size = 2 * o.feature_size,
                    .hidden_size = o.hidden_size,
                    .batch_first = true},
                   generator) {
    add("of_x", of_x_);
    add("of_z", of_z_);
    add("prior", prior_);
    add("posterior", posterior_);
    add("decoder", decoder_);
    add("recurrent", recurrent_);
  }

  LatentCosts costs(const Variable& x, const Variable& y, const Padding&,
                    Generator& noise) override {
    const Variable seen = relu(of_x_.forward(y));
    std::vector<Variable> guesses;
    const Steps steps = run(x, [&](int64_t t, const Variable& h) {
      guesses.push_back(posterior_.forward(concat({select(seen, 1, t), h}, -1)));
      return draw(gaussian_of(guesses.back()), noise);
    });
    const Variable logits = decoder_.forward(concat({steps.of_z, steps.h}, -1));
    return {answer_costs(logits, y.value()),
            divergence(gaussian_of(stack(guesses)), gaussian_of(prior_.forward(steps.h)))};
  }

  Variable forward(const Variable& x, const Padding& = {}) override {
    const Steps steps =
        run(x, [&](int64_t, const Variable& h) { return gaussian_of(prior_.forward(h)).mean; });
    return decoder_.forward(concat({steps.of_z, steps.h}, -1));
  }

 private:
  struct Steps {
    Variable h, of_z;  // [B,T,·]
  };

  // Steps [B,F] side by side: [B,T,F].
  static Variable stack(const std::vector<Variable>& steps) {
    const Shape& shape = steps[0].shape();
    return reshape(concat(steps, 1), {shape[0], std::ssize(steps), shape[1]});
  }

  // Runs the recurrence, in which latent(t, h_t) gives z_t.
  template <class Latent>
  Steps run(const Variable& x, const Latent& latent) {
    const int64_t batch = x.shape()[0], count = x.shape()[1];
    const Variable of_x = relu(of_x_.forward(x));
    Variable of_z = Tensor({batch, options_.feature_size}, x.dtype());
    RecurrentState state;
    std::vector<Variable> hs, of_zs;
    for (int64_t t = 0; t < count; ++t) {
      const Variable input = concat({select(of_x, 1, t), of_z}, -1);
      state = recurrent_.run(reshape(input, {batch, 1, input.shape()[-1]}), state).state;
      hs.push_back(select(state.h(), 0, 0));
      of_z = relu(of_z_.forward(latent(t, hs.back())));
      of_zs.push_back(of_z);
    }
    return {stack(hs), stack(of_zs)};
  }

  LatentOptions options_;
  Linear of_x_, of_z_;
  TwoLayers prior_, posterior_, decoder_;
  Recurrent recurrent_;
};

}  // namespace

std::unique_ptr<LatentModel> make_vrnn(const LatentOptions& options, Generator& generator) {
  return std::make_unique<Vrnn>(options, generator);
}

}  // namespace sluice::experiment
