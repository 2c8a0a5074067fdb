#include "sluice/layers/dilation.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/gather.h"

namespace sluice {

Dilation::Dilation(const OwnSteps& steps, int dilation, DirectionOf direction)
    : steps_(steps), dilation_(dilation), direction_(direction), shortest_row_(steps.steps()) {
  for (int row = 0; row < steps.batch(); ++row) {
    const int length = steps.length(row);
    first_chain_.push_back(static_cast<int>(chains_.size()));
    for (int residue = 0; residue < std::min(length, dilation); ++residue)
      chains_.push_back({row, residue, (length - residue - 1) / dilation + 1});
    longest_ = std::max(longest_, (length - 1) / dilation + 1);
    shortest_row_ = std::min(shortest_row_, length);
  }
}

Variable Dilation::fold(const Variable& x) const {
  const size_t rows = chains_.size();
  PoolArray<int64_t> from(longest_ * rows);
  std::fill(from.begin(), from.end(), -1);
  for (size_t i = 0; i < rows; ++i)
    for (int t = 0; t < chains_[i].length; ++t)
      from[t * rows + i] = steps_.place(chains_[i].row, chains_[i].residue + t * dilation_);
  return gather_rows(x, std::move(from), {longest_, static_cast<int64_t>(rows), x.shape()[-1]});
}

Padding Dilation::padding() const {
  Padding padding;
  for (const Chain& chain : chains_) padding.lengths.push_back(chain.length);
  const bool full = std::all_of(chains_.begin(), chains_.end(),
                                [&](const Chain& chain) { return chain.length == longest_; });
  return full ? Padding{} : padding;
}

Variable Dilation::unfold(const Variable& y) const {
  const size_t rows = chains_.size();
  PoolArray<int64_t> from(static_cast<size_t>(steps_.steps()) * steps_.batch());
  std::fill(from.begin(), from.end(), -1);
  for (size_t i = 0; i < rows; ++i)
    for (int t = 0; t < chains_[i].length; ++t)
      from[steps_.place(chains_[i].row, chains_[i].residue + t * dilation_)] =
          static_cast<int64_t>(t * rows + i);
  return gather_rows(y, std::move(from), steps_.shape(y.shape()[-1]));
}

// Slot j of the state belongs to the step d − j before the first one in the direction's order.

Variable Dilation::fold_state(const Variable& state) const {
  const size_t rows = chains_.size();
  PoolArray<int64_t> from(directions() * rows);
  for (int k = 0; k < directions(); ++k)
    for (size_t i = 0; i < rows; ++i) {
      const auto [row, residue, length] = chains_[i];
      const int slot = reverse(k) ? (steps_.length(row) - 1 - residue) % dilation_ : residue;
      from[k * rows + i] = (int64_t{k} * dilation_ + slot) * steps_.batch() + row;
    }
  return gather_rows(state, std::move(from),
                     {directions(), static_cast<int64_t>(rows), state.shape()[-1]});
}

Variable Dilation::unfold_state(const Variable& last, const Variable& first) const {
  const int64_t width = last.shape()[-1], rows = static_cast<int64_t>(chains_.size());
  const int d = directions(), slots = d * dilation_, batch = steps_.batch();
  const bool some_stay = shortest_row_ < dilation_ && first.defined();
  PoolArray<int64_t> from(static_cast<size_t>(slots) * batch);
  for (int k = 0; k < d; ++k)
    for (int slot = 0; slot < dilation_; ++slot)
      for (int row = 0; row < batch; ++row) {
        const int length = steps_.length(row), step = length - dilation_ + slot;
        const int residue = reverse(k) ? dilation_ - 1 - slot : step % dilation_;
        const int64_t stays = (int64_t{k} * dilation_ + length + slot) * batch + row;
        from[(int64_t{k} * dilation_ + slot) * batch + row] =
            step >= 0   ? k * rows + first_chain_[row] + residue
            : some_stay ? d * rows + stays
                        : -1;
      }
  const Variable ends = reshape(last, {d * rows, width});
  const Variable all =
      some_stay ? concat({ends, reshape(first, {int64_t{slots} * batch, width})}, 0) : ends;
  return gather_rows(all, std::move(from), {slots, batch, width});
}

}  // namespace sluice
