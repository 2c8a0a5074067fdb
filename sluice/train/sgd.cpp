#include "sluice/train/sgd.h"

#include "sluice/base/error.h"
#include "sluice/train/weight_decay.h"

namespace sluice {

namespace {

struct SgdOptions {
  double momentum = 0, dampening = 0;
  bool nesterov = false, keras = false;
  WeightDecay decay;
};

// The numbers of one update, in the type of the parameters.
template <class T>
struct SgdStep {
  T rate, momentum, fresh, decay, shrink;
  bool nesterov;
};

template <class T>
void descend(const SgdStep<T>& s, const T* grad, T* value, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T old = value[i] * s.shrink;
    value[i] = old - s.rate * (grad[i] + s.decay * old);
  }
}

// PyTorch: v = μv + (1 − d)g, θ −= ηv, or θ −= η(g + μv) with Nesterov.
template <class T>
void descend_pytorch(const SgdStep<T>& s, const T* grad, T* velocity, T* value, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T old = value[i] * s.shrink;
    const T g = grad[i] + s.decay * old;
    velocity[i] = s.momentum * velocity[i] + s.fresh * g;
    value[i] = old - s.rate * (s.nesterov ? g + s.momentum * velocity[i] : velocity[i]);
  }
}

// Keras: v = μv − ηg, θ += v, or θ += μv − ηg with Nesterov.
template <class T>
void descend_keras(const SgdStep<T>& s, const T* grad, T* velocity, T* value, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T old = value[i] * s.shrink;
    const T move = s.rate * (grad[i] + s.decay * old);
    velocity[i] = s.momentum * velocity[i] - move;
    value[i] = old + (s.nesterov ? s.momentum * velocity[i] - move : velocity[i]);
  }
}

class Sgd : public Optimizer {
 public:
  Sgd(std::vector<Variable> parameters, const SgdOptions& options)
      : Optimizer(std::move(parameters)), options_(options) {
    if (options_.momentum > 0) velocity_ = add_moment("velocity");
  }

 protected:
  void prepare(double learning_rate) override { learning_rate_ = learning_rate; }

  void update(const Range& range) override {
    dispatch(parameters()[range.parameter].dtype(),
             [&](auto zero) { update_as<decltype(zero)>(range); });
  }

 private:
  template <class T>
  void update_as(const Range& range) {
    Variable parameter = parameters()[range.parameter];
    // PyTorch's velocity begins as the first gradient, whatever the dampening.
    const double fresh = steps_ == 0 ? 1 : 1 - options_.dampening;
    const SgdStep<T> numbers = {static_cast<T>(learning_rate_),
                                static_cast<T>(options_.momentum),
                                static_cast<T>(fresh),
                                static_cast<T>(options_.decay.in_gradient(parameter)),
                                static_cast<T>(options_.decay.shrinkage(parameter, learning_rate_)),
                                options_.nesterov};
    const T* const grad = parameter.grad().data<T>() + range.begin;
    T* const value = parameter.value().data<T>() + range.begin;
    const int64_t count = range.end - range.begin;
    if (options_.momentum == 0) return descend(numbers, grad, value, count);
    T* const velocity = moment(velocity_, range.parameter).template data<T>() + range.begin;
    if (options_.keras) return descend_keras(numbers, grad, velocity, value, count);
    descend_pytorch(numbers, grad, velocity, value, count);
  }

  SgdOptions options_;
  size_t velocity_ = 0;
  double learning_rate_ = 0;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(std::vector<Variable> parameters, const Options& options) {
  SgdOptions sgd;
  sgd.momentum = read_share(options, "momentum", 0);
  sgd.dampening = options.get_double("dampening", 0);
  sgd.nesterov = options.get_bool("nesterov", false);
  sgd.keras = options.get_choice("convention", "pytorch", {"pytorch", "keras"}) == "keras";
  sgd.decay = read_weight_decay(options, false);
  if (sgd.nesterov && (sgd.momentum == 0 || sgd.dampening != 0))
    fail_config("config.range", "sgd.nesterov", "it needs momentum, and no dampening",
                "write for example momentum: 0.9");
  return std::make_unique<Sgd>(std::move(parameters), sgd);
}

}  // namespace sluice
