// The time loop, forward: products, then the cell's equations on what they left in the cache.
#include "sluice/layers/sequence_place.h"

namespace sluice {

namespace {

/// Whether a gate's chain has begun in an earlier product, so that z holds its partial sum.
bool begun(const CellLayout& layout, Part part, int gate) {
  if (part == Part::input) return false;
  const Columns& input = layout.part(Part::input);
  const Columns& hidden = layout.part(Part::hidden);
  const auto in = [gate](const Columns& c) { return gate >= c.first && gate < c.first + c.count; };
  return in(input) || (part == Part::message && in(hidden));
}

/// The panels of one part for groups [first, last): pre-activations of step s.
template <class T>
class Products {
 public:
  Products(const Place<T>& place, const Share& share)
      : at_(place), q_(place.q), tasks_(q_.tasks + share.thread * ptrdiff_t{at_.layout.groups}) {}

  /// Rows of z: those of step s, or (rows of one) every step's.
  struct Rows {
    int s;
    ptrdiff_t stride;
    int count;
  };
  Rows rows_of(int s) const { return {s, at_.unit_row(), at_.active(s)}; }

  /// A part whose input rows are `segments[i].a`; their panels are filled in here.
  void run(Part part, const Segment<T>* inputs, const Part* parts, int inputs_count,
           const Rows& rows, int first, int last) {
    const CellLayout& layout = at_.layout;
    const Columns& columns = layout.part(part);
    int before = 0;
    for (int vectors : columns.panels) {
      if (rows.count <= few_rows) {
        for (int g = first; g < last; ++g) fill(part, g, before, vectors, rows);
        run_few(inputs, parts, inputs_count, vectors, before, first, last, rows.count);
      } else {
        for (int g = first; g < last; ++g) {
          fill(part, g, before, vectors, rows);
          Segment<T> pieces[2];
          for (int i = 0; i < inputs_count; ++i) pieces[i] = piece(inputs[i], parts[i], g, before);
          tasks_[g].segments = pieces;
          tasks_[g].segment_count = inputs_count;
          q_.panels->product[vectors](tasks_[g], rows.count);
        }
      }
      before += vectors;
    }
  }

  static constexpr int few_rows = 2;

 private:
  Segment<T> piece(const Segment<T>& input, Part part, int group, int before) const {
    return {input.a, input.row_stride, at_.panel(part, group, before), input.k};
  }

  void fill(Part part, int group, int before, int vectors, const Rows& rows) {
    const CellLayout& layout = at_.layout;
    PanelTask<T>& t = tasks_[group];
    t.z = at_.z(rows.s, group);
    t.z_stride = rows.stride;
    for (int v = 0; v < vectors; ++v) {
      const int gate = layout.part(part).first + before + v;
      t.offset[v] = gate * layout.lanes;
      t.start[v] = begun(layout, part, gate) ? nullptr : at_.bias(group, gate);
    }
  }

  void run_few(const Segment<T>* inputs, const Part* parts, int inputs_count, int vectors,
               int before, int first, int last, int rows) {
    constexpr int lot = 16;
    Segment<T> pieces[lot][2];
    for (int g = first; g < last; g += lot) {
      const int count = g + lot < last ? lot : last - g;
      for (int j = 0; j < count; ++j) {
        for (int i = 0; i < inputs_count; ++i)
          pieces[j][i] = piece(inputs[i], parts[i], g + j, before);
        tasks_[g + j].segments = pieces[j];
        tasks_[g + j].segment_count = inputs_count;
      }
      q_.panels->product_few[vectors](tasks_ + g, count, rows);
    }
  }

  const Place<T>& at_;
  const SequenceTask<T>& q_;
  PanelTask<T>* tasks_;
};

/// Whether the input products of all steps are made at once, with the steps as rows: what a single
/// row would wait for at every step.
template <class T>
bool hoists_input(const SequenceTask<T>& q) {
  return q.rows == 1 && q.steps > 1 && q.z_step > 0;
}

template <class T>
void hoist_input(const Place<T>& at, Products<T>& products, const Share& share) {
  const SequenceTask<T>& q = at.q;
  int steps = 0;
  while (steps < q.steps && at.active(steps) > 0) ++steps;
  const Segment<T> input = {q.x, q.x_step, nullptr, at.layout.input_size};
  const Part part = Part::input;
  products.run(part, &input, &part, 1, {0, q.z_step, steps}, share.first_group, share.last_group);
}

/// Pre-activations of step s for some groups: everything but what waits for the message.
template <class T>
void pre_activations(const Place<T>& at, Products<T>& products, int s, int first, int last) {
  const SequenceTask<T>& q = at.q;
  const CellLayout& layout = at.layout;
  const Segment<T> inputs[2] = {{q.x + s * q.x_step, q.x_row, nullptr, layout.input_size},
                                {at.h_before(s), at.h_before_row(s), nullptr, layout.hidden_size}};
  const Part parts[2] = {Part::input, Part::hidden};
  const int hidden = at.reads_hidden(s) ? 1 : 0;
  const auto rows = products.rows_of(s);
  if (hoists_input(q)) {
    products.run(Part::hidden, inputs + 1, parts + 1, hidden, rows, first, last);
  } else if (layout.fused) {
    products.run(Part::input, inputs, parts, 1 + hidden, rows, first, last);
  } else {
    products.run(Part::input, inputs, parts, 1, rows, first, last);
    products.run(Part::hidden, inputs + 1, parts + 1, hidden, rows, first, last);
  }
}

template <class T>
void message_product(const Place<T>& at, Products<T>& products, int s, int first, int last) {
  const CellLayout& layout = at.layout;
  const Segment<T> input = {at.message(s), layout.padded, nullptr, layout.hidden_size};
  const Part part = Part::message;
  products.run(part, &input, &part, at.reads_hidden(s) ? 1 : 0, products.rows_of(s), first, last);
}

}  // namespace

template <class T>
void run_forward(const SequenceTask<T>& q, const Share& share, Barrier& barrier) {
  const Place<T> at(q);
  Products<T> products(at, share);
  const int usual = q.switches.usual() ? 0 : 1;
  if (hoists_input(q)) hoist_input(at, products, share);
  for (int s = 0; s < q.steps; ++s) {
    const int rows = at.active(s);
    if (rows == 0) return;
    // Few rows: all groups' products side by side. Many: a group at a time, while z is hot.
    const int stride = rows <= Products<T>::few_rows ? share.last_group - share.first_group : 1;
    for (int g = share.first_group; g < share.last_group; g += stride) {
      pre_activations(at, products, s, g, g + stride);
      for (int i = g; i < g + stride; ++i)
        (q.layout->has_message ? q.kernel->message : q.kernel->forward)[usual](at.pointwise(s, i));
    }
    barrier.wait();
    if (!q.layout->has_message) continue;
    for (int g = share.first_group; g < share.last_group; g += stride) {
      message_product(at, products, s, g, g + stride);
      for (int i = g; i < g + stride; ++i) q.kernel->forward[usual](at.pointwise(s, i));
    }
    barrier.wait();
  }
}

template void run_forward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_forward(const SequenceTask<double>&, const Share&, Barrier&);

}  // namespace sluice
