#include "sluice/layers/pool1d.h"

#include "sluice/autograd/pooling.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

Pool1dOptions checked(Pool1dOptions options, const std::string& layer) {
  if (options.stride == 0) options.stride = options.kernel_size;
  if (options.kernel_size < 1 || options.stride < 1 || options.dilation < 1)
    fail_config("layer.size", layer, "kernel_size, stride and dilation must be positive",
                "write for example kernel_size: 2");
  if (options.padding.is("causal"))
    fail_config("layer.padding", layer + ".padding", "a pooling has no causal padding",
                "write a number of steps, valid or same");
  return options;
}

// The windows over a sequence of these steps; `padded` has those without what ceil_mode adds.
struct Windows {
  WindowAxis time, padded;
};

Windows windows(const Pool1dOptions& options, const Shape& x, const Padding& padding,
                const std::string& layer) {
  if (x.rank() != 3)
    fail_config("layer.shape", layer, "an input of shape " + x.to_string() + " is not [B,T,C]",
                "give sequences with time before channels");
  if (!padding.lengths.empty())
    fail_config("layer.padding", layer,
                "rows of unequal length would have other lengths behind this layer",
                "give rows of one length");
  const WindowAxis padded = options.padding.around({.size = x[1],
                                                    .kernel = options.kernel_size,
                                                    .stride = options.stride,
                                                    .dilation = options.dilation});
  WindowAxis time = padded;
  // A window more where places are left over, unless it would begin behind the last step.
  const int64_t room = padded.size + padded.before + padded.after - padded.span();
  const int64_t next = padded.count() * padded.stride;
  if (options.ceil_mode && room % padded.stride != 0 && room > 0 &&
      next < padded.size + padded.before)
    time.after += padded.stride - room % padded.stride;
  return {time, padded};
}

}  // namespace

MaxPool1d::MaxPool1d(const Pool1dOptions& options) : options_(checked(options, "max_pool1d")) {}

Variable MaxPool1d::forward(const Variable& x, const Padding& padding) {
  return max_pool1d(x, windows(options_, x.shape(), padding, "max_pool1d").time);
}

AvgPool1d::AvgPool1d(const Pool1dOptions& options) : options_(checked(options, "avg_pool1d")) {
  if (options.dilation != 1)
    fail_config("layer.size", "avg_pool1d.dilation", "an average pooling has no dilation",
                "leave it at 1");
}

Variable AvgPool1d::forward(const Variable& x, const Padding& padding) {
  const Windows w = windows(options_, x.shape(), padding, "avg_pool1d");
  const bool count_padding = options_.count_include_pad && !options_.padding.is("same");
  return avg_pool1d(x, w.time, count_padding, w.padded.after);
}

}  // namespace sluice
