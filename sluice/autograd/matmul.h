// Matrix products of variables.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// a [..,M,K] · b [K,N] or, batch by batch, b [..,K,N] with the same leading axes -> [..,M,N].
/// Throws Error "autograd.matmul" where the shapes do not fit.
Variable matmul(const Variable& a, const Variable& b);

/// x [..,I] · weightᵀ + bias -> [..,O], with weight [O,I] and bias [O] or undefined.
/// Each number is one chain: the bias, then the products in the order of I.
Variable linear(const Variable& x, const Variable& weight, const Variable& bias);

}  // namespace sluice
