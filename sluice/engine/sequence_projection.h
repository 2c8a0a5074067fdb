// The product behind a cell with a projection, within the time loop: h from what the cell gave, and
// back.
#pragma once

#include "sluice/engine/sequence_place.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

/// One thread's share of such products, made ready once: blocks [first, last) of outputs.
template <class T>
class BlockProduct {
 public:
  BlockProduct(const CellLayout& layout, const std::vector<int>& blocks, int first, int last,
               const T* panels, int depth)
      : blocks_(blocks), first_(first), segments_(last - first), tasks_(last - first) {
    int output = 0;
    for (int b = 0; b < last; output += blocks[b] * layout.lanes, ++b) {
      if (b < first) continue;
      Segment<T>& segment = segments_[b - first];
      segment = {nullptr, 0, panels + int64_t{output} * depth, depth};
      PanelTask<T>& t = tasks_[b - first];
      t = PanelTask<T>{&segment, 1, nullptr, 0, {}, {}};
      for (int v = 0; v < blocks[b]; ++v) {
        t.offset[v] = output + v * layout.lanes;
        t.start[v] = zeros_;
      }
    }
  }
  BlockProduct(const BlockProduct&) = delete;

  /// to[r] = from[r] · panels for some rows.
  void run(const PanelKernels<T>& kernels, int rows, const T* from, ptrdiff_t from_row, T* to,
           ptrdiff_t to_row) {
    for (size_t i = 0; i < tasks_.size(); ++i) {
      segments_[i].a = from;
      segments_[i].row_stride = from_row;
      tasks_[i].z = to;
      tasks_[i].z_stride = to_row;
      kernels.product[blocks_[first_ + static_cast<int>(i)]](tasks_[i], rows);
    }
  }

 private:
  const std::vector<int>& blocks_;
  const int first_;
  PoolArray<Segment<T>> segments_;
  PoolArray<PanelTask<T>> tasks_;
  alignas(64) T zeros_[16] = {};
};

/// Forward: h of a thread's share of the outputs.
template <class T>
class ProjectionForward {
 public:
  ProjectionForward(const Place<T>& at, const Share& share)
      : at_(at),
        product_(at.layout, at.layout.hidden_blocks, share.first_block, share.last_block,
                 at.q.projection, at.layout.hidden_size) {}
  void step(int s, int rows) {
    product_.run(*at_.q.panels, rows, at_.full(s), at_.layout.padded, at_.h(s), at_.q.h_row);
  }

 private:
  const Place<T>& at_;
  BlockProduct<T> product_;
};

/// Backward: from the gradient of h to that of what the cell gave.
template <class T>
class ProjectionBackward {
 public:
  ProjectionBackward(const Place<T>& at, const Share& share)
      : at_(at),
        share_(share),
        product_(at.layout, at.layout.unit_blocks, share.first_unit_block, share.last_unit_block,
                 at.q.projection_transposed, at.layout.out) {}

  /// Every thread's share of the outputs has to be there before full().
  void outputs(int s, int rows) {
    const auto [first, last] = columns();
    for (int r = 0; r < rows; ++r) {
      T* const to = at_.dprojected(s) + r * at_.out_row();
      T* const dh = at_.q.dh + r * at_.out_row();
      const T* const dy = at_.q.dy ? at_.q.dy + s * at_.q.dy_step + r * at_.q.dy_row : nullptr;
      for (int p = first; p < last; ++p) {
        to[p] = dy ? dh[p] + dy[p] : dh[p];
        dh[p] = 0;  // it reaches the old h by way of the cell alone
      }
    }
  }
  void full(int s, int rows) {
    product_.run(*at_.q.panels, rows, at_.dprojected(s), at_.out_row(), at_.q.dfull,
                 at_.layout.padded);
  }

  /// Adds the weights' gradients of steps [first, last) for the share of the outputs.
  void weights(int first, int last) {
    constexpr int most_steps = 128;
    OuterStep<T> steps[most_steps];
    for (int begin = first; begin < last; begin += most_steps) {
      int count = 0;
      for (int s = begin; s < last && count < most_steps; ++s)
        steps[count++] = {at_.full(s), at_.layout.padded, at_.dprojected(s), at_.active(s)};
      outer(steps, count);
    }
  }

 private:
  struct Columns {
    int first, last;
  };
  Columns columns() const {
    Columns found = {0, 0};
    for (int b = 0; b < share_.last_block; ++b) {
      const int width = at_.layout.hidden_blocks[b] * at_.layout.lanes;
      if (b < share_.first_block) found.first += width;
      found.last += width;
    }
    return found;
  }
  void outer(const OuterStep<T>* steps, int count) {
    const CellLayout& layout = at_.layout;
    int output = columns().first;
    for (int b = share_.first_block; b < share_.last_block; ++b) {
      const int vectors = layout.hidden_blocks[b];
      OuterTask<T> t{steps,         count,
                     at_.out_row(), {},
                     nullptr,       vectors * layout.lanes,
                     layout.lanes,  layout.hidden_size,
                     false};
      for (int v = 0; v < vectors; ++v) t.offset[v] = output + ptrdiff_t{v} * layout.lanes;
      t.out = at_.q.dprojection + int64_t{output} * layout.hidden_size;
      at_.q.panels->outer[vectors](t);
      output += vectors * layout.lanes;
    }
  }

  const Place<T>& at_;
  const Share share_;
  BlockProduct<T> product_;
};

}  // namespace sluice
