#include "sluice/train/adam.h"

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/train/adam_update.h"
#include "sluice/train/weight_decay.h"

namespace sluice {

namespace {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  bool keras = false;
  WeightDecay decay;
};

class Adam : public Optimizer {
 public:
  Adam(std::vector<Variable> parameters, const AdamOptions& options)
      : Optimizer(std::move(parameters)), options_(options) {
    first_ = add_moment("first_moment");
    second_ = add_moment("second_moment");
  }

 protected:
  // PyTorch divides both moments by their corrections; Keras puts them into the rate, so that its
  // epsilon acts on the uncorrected root.
  void prepare(double learning_rate) override {
    const double t = static_cast<double>(steps_ + 1);
    const double correction1 = 1 - std::pow(options_.beta1, t);
    const double root = std::sqrt(1 - std::pow(options_.beta2, t));
    learning_rate_ = learning_rate;
    rate_ = learning_rate / correction1 * (options_.keras ? root : 1);
    root_scale_ = options_.keras ? 1 : 1 / root;
  }

  void update(const Range& range) override {
    dispatch(parameters()[range.parameter].dtype(),
             [&](auto zero) { update_as<decltype(zero)>(range); });
  }

 private:
  template <class T>
  void update_as(const Range& range) {
    Variable parameter = parameters()[range.parameter];
    const AdamStep<T> numbers = {
        static_cast<T>(1 - options_.beta1),
        static_cast<T>(options_.beta2),
        static_cast<T>(1 - options_.beta2),
        static_cast<T>(rate_),
        static_cast<T>(root_scale_),
        static_cast<T>(options_.epsilon),
        static_cast<T>(options_.decay.in_gradient(parameter)),
        static_cast<T>(options_.decay.shrinkage(parameter, learning_rate_))};
    adam_update(numbers, parameter.grad().data<T>() + range.begin,
                moment(first_, range.parameter).template data<T>() + range.begin,
                moment(second_, range.parameter).template data<T>() + range.begin,
                parameter.value().data<T>() + range.begin, range.end - range.begin);
  }

  AdamOptions options_;
  size_t first_ = 0, second_ = 0;
  double learning_rate_ = 0, rate_ = 0, root_scale_ = 1;
};

std::unique_ptr<Optimizer> make(std::vector<Variable> parameters, const Options& options,
                                bool decoupled) {
  AdamOptions adam;
  adam.keras = options.get_choice("convention", "pytorch", {"pytorch", "keras"}) == "keras";
  adam.beta1 = read_share(options, "beta1", 0.9);
  adam.beta2 = read_share(options, "beta2", 0.999);
  adam.epsilon = options.get_double("epsilon", adam.keras ? 1e-7 : 1e-8);
  adam.decay = read_weight_decay(options, decoupled);
  if (adam.epsilon < 0)
    fail_config("config.range", "adam.epsilon", "it must not be negative",
                "write for example epsilon: 1e-8");
  return std::make_unique<Adam>(std::move(parameters), adam);
}

}  // namespace

std::unique_ptr<Optimizer> make_adam(std::vector<Variable> parameters, const Options& options) {
  return make(std::move(parameters), options, false);
}

std::unique_ptr<Optimizer> make_adamw(std::vector<Variable> parameters, const Options& options) {
  return make(std::move(parameters), options, true);
}

}  // namespace sluice
