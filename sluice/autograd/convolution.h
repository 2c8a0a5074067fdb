// Convolutions of variables, with the channels last.
#pragma once

#include "sluice/autograd/variable.h"
#include "sluice/tensor/patches.h"

namespace sluice {

/// y[b,t,o] = bias[o] + Σ weight[o,c,k] · x[b, t·stride − before + k·dilation, c]: the sliding
/// product that the field calls a convolution. x [B,T,C], weight [O,C/groups,K] as in PyTorch, bias
/// [O] or undefined, y [B,T',O]. Of `time` the size and the kernel are taken from x and weight.
/// Each number is one chain: the bias, then k by k the channels in order.
/// Throws Error "autograd.convolution" where the shapes do not fit.
Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis time,
                int groups = 1);

/// The same over images [B,H,W,C] with weight [O,C/groups,KH,KW]: [B,H',W',O].
Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis rows,
                WindowAxis columns, int groups = 1);

}  // namespace sluice
