// Functions of one variable, element by element.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

Variable relu(const Variable& x);
/// x where positive, slope · x elsewhere.
Variable leaky_relu(const Variable& x, double slope = 0.01);
/// x where positive, alpha · (eˣ − 1) elsewhere.
Variable elu(const Variable& x, double alpha = 1.0);
Variable tanh(const Variable& x);
Variable sigmoid(const Variable& x);
/// log(1 + eˣ), without overflow.
Variable softplus(const Variable& x);
/// x Φ(x) with Φ the normal distribution (Hendrycks and Gimpel 2016), or its approximation
/// x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
Variable gelu(const Variable& x);
Variable gelu_tanh(const Variable& x);
/// x · sigmoid(x), also called swish.
Variable silu(const Variable& x);
/// x · tanh(softplus(x))
Variable mish(const Variable& x);
/// 1.0507 · elu(x, 1.67326), which keeps mean 0 and variance 1 (Klambauer et al. 2017).
Variable selu(const Variable& x);
/// x / (1 + |x|)
Variable softsign(const Variable& x);
/// min(max(slope · x + 1/2, 0), 1): PyTorch and Keras 3 have the slope 1/6, Keras 2 had 0.2.
Variable hard_sigmoid(const Variable& x, double slope = 1.0 / 6);
/// x · hard_sigmoid(x)
Variable hard_swish(const Variable& x);
/// min(max(x, −1), 1)
Variable hard_tanh(const Variable& x);
Variable exp(const Variable& x);
Variable log(const Variable& x);
Variable sqrt(const Variable& x);
Variable square(const Variable& x);
/// |x|; its slope at 0 is 0.
Variable abs(const Variable& x);

}  // namespace sluice
