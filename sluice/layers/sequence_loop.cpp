#include "sluice/layers/sequence_loop.h"

namespace sluice {

Share share_of(const CellLayout& layout, int thread, int team) {
  const auto& blocks = layout.hidden_blocks;
  const int count = static_cast<int>(blocks.size());
  Share share{count * thread / team, count * (thread + 1) / team, 0, 0, thread, team};
  for (int b = 0; b < share.last_block; ++b) {
    if (b < share.first_block) share.first_group += blocks[b];
    share.last_group += blocks[b];
  }
  return share;
}

namespace {

/// Addresses of one task, so that the loops below read like the equations.
template <class T>
struct Place {
  const SequenceTask<T>& q;
  const CellLayout& layout;
  explicit Place(const SequenceTask<T>& task) : q(task), layout(*task.layout) {}

  int active(int s) const { return q.active ? q.active[s] : q.rows; }
  ptrdiff_t unit_row() const { return ptrdiff_t{layout.slots} * layout.lanes; }
  ptrdiff_t group_offset(int group) const { return ptrdiff_t{group} * q.rows * unit_row(); }
  T* z(int s, int group) const { return q.z + s * q.z_step + group_offset(group); }
  T* h(int s) const { return q.h + (s % q.h_period) * q.h_step; }
  const T* h_before(int s) const { return s == 0 ? q.h_first : h(s - 1); }
  ptrdiff_t h_before_row(int s) const { return s == 0 ? layout.padded : q.h_row; }
  T* message(int s) const { return q.message + s * q.message_step; }
  ptrdiff_t state_offset(int group) const { return ptrdiff_t{group} * q.rows * layout.lanes; }
  T* state(int k, int s, int group) const {
    return q.state[k] + s * q.state_step + state_offset(group);
  }
  bool reads_hidden(int s) const { return s > 0 || !q.zero_first; }

  /// Packed weights of one panel.
  const T* panel(Part part, int group, int before) const {
    const ptrdiff_t depth = layout.depth(part);
    return q.weights[static_cast<int>(part)] + panel_offset(part, group, before, depth);
  }
  ptrdiff_t panel_offset(Part part, int group, int before, ptrdiff_t depth) const {
    return (ptrdiff_t{group} * layout.part(part).count + before) * layout.lanes * depth;
  }
  const T* bias(int group, int gate) const {
    return q.start + (ptrdiff_t{group} * layout.gates + gate) * layout.lanes;
  }

  /// What the pointwise functions of a group need, forward and backward.
  PointwiseTask<T> pointwise(int s, int group) const {
    PointwiseTask<T> t{};
    t.z = z(s, group);
    t.z_stride = unit_row();
    t.rows = active(s);
    t.switches = q.switches;
    const ptrdiff_t unit = ptrdiff_t{group} * layout.lanes;
    t.old_state[0] = h_before(s) + unit;
    t.old_stride[0] = h_before_row(s);
    t.new_state[0] = h(s) + unit;
    t.new_stride[0] = q.h_row;
    for (int k = 1; k < layout.states; ++k) {
      t.old_state[k] = state(k, s, group);
      t.new_state[k] = state(k, s + 1, group);
      t.old_stride[k] = t.new_stride[k] = layout.lanes;
    }
    if (layout.has_message) {
      t.message = message(s) + unit;
      t.message_stride = layout.padded;
    }
    return t;
  }
};

// ---- Forward --------------------------------------------------------------------------------

/// Whether a gate's chain has begun in an earlier product, so that z holds its partial sum.
bool begun(const CellLayout& layout, Part part, int gate) {
  if (part == Part::input || layout.fused) return false;
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

  /// A part whose input rows are `segments[i].a`; their panels are filled in here.
  void run(Part part, const Segment<T>* inputs, const Part* parts, int inputs_count, int s,
           int first, int last) {
    const CellLayout& layout = at_.layout;
    const Columns& columns = layout.part(part);
    const int rows = at_.active(s);
    int before = 0;
    for (int vectors : columns.panels) {
      if (rows <= few_rows) {
        for (int g = first; g < last; ++g) fill(part, g, before, vectors, s);
        run_few(inputs, parts, inputs_count, vectors, before, first, last, rows);
      } else {
        for (int g = first; g < last; ++g) {
          fill(part, g, before, vectors, s);
          Segment<T> pieces[2];
          for (int i = 0; i < inputs_count; ++i) pieces[i] = piece(inputs[i], parts[i], g, before);
          tasks_[g].segments = pieces;
          tasks_[g].segment_count = inputs_count;
          q_.panels->product[vectors](tasks_[g], rows);
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

  void fill(Part part, int group, int before, int vectors, int s) {
    const CellLayout& layout = at_.layout;
    PanelTask<T>& t = tasks_[group];
    t.z = at_.z(s, group);
    t.z_stride = at_.unit_row();
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

/// Pre-activations of step s for some groups: everything but what waits for the message.
template <class T>
void pre_activations(const Place<T>& at, Products<T>& products, int s, int first, int last) {
  const SequenceTask<T>& q = at.q;
  const CellLayout& layout = at.layout;
  const Segment<T> inputs[2] = {{q.x + s * q.x_step, q.x_row, nullptr, layout.input_size},
                                {at.h_before(s), at.h_before_row(s), nullptr, layout.hidden_size}};
  const Part parts[2] = {Part::input, Part::hidden};
  const int hidden = at.reads_hidden(s) ? 1 : 0;
  if (layout.fused) {
    products.run(Part::input, inputs, parts, 1 + hidden, s, first, last);
  } else {
    products.run(Part::input, inputs, parts, 1, s, first, last);
    products.run(Part::hidden, inputs + 1, parts + 1, hidden, s, first, last);
  }
}

template <class T>
void message_product(const Place<T>& at, Products<T>& products, int s, int first, int last) {
  const CellLayout& layout = at.layout;
  const Segment<T> input = {at.message(s), layout.padded, nullptr, layout.hidden_size};
  const Part part = Part::message;
  products.run(part, &input, &part, at.reads_hidden(s) ? 1 : 0, s, first, last);
}

}  // namespace

template <class T>
void run_forward(const SequenceTask<T>& q, const Share& share, Barrier& barrier) {
  const Place<T> at(q);
  Products<T> products(at, share);
  const int usual = q.switches.usual() ? 0 : 1;
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

// ---- Backward -------------------------------------------------------------------------------

namespace {

template <class T>
class BackwardPass {
 public:
  BackwardPass(const SequenceTask<T>& task, const Share& share, Barrier& barrier)
      : at_(task),
        q_(task),
        layout_(*task.layout),
        share_(share),
        barrier_(barrier),
        segments_(task.segments + share.thread * ptrdiff_t{layout_.groups}),
        usual_(task.switches.usual() ? 0 : 1) {}

  void run() {
    int last = q_.steps;  // steps [s, last) still owe their weight gradients
    int rows_owed = 0;
    for (int s = q_.steps - 1; s >= 0; --s) {
      const int rows = at_.active(s);
      if (rows == 0) {
        last = s;
        continue;
      }
      pointwise(s);
      if (layout_.has_message) message(s);
      barrier_.wait();
      if (s > 0 || q_.need_first) hidden(s);
      if (q_.dx && share_.team == 1) input(s);
      rows_owed += rows;
      if (rows_owed >= enough_rows || last - s == most_steps || s == 0) {
        weights(s, last);
        last = s;
        rows_owed = 0;
      }
    }
    if (q_.dx && share_.team > 1) {  // every thread's gate gradients are there since the barrier
      const int first = q_.steps * share_.thread / share_.team;
      const int end = q_.steps * (share_.thread + 1) / share_.team;
      for (int s = first; s < end && at_.active(s) > 0; ++s) input(s);
    }
  }

 private:
  static constexpr int enough_rows = 256;  // where a register tile's start and end stop to matter
  static constexpr int most_steps = 128;

  PointwiseTask<T> task(int s, int group) const {
    PointwiseTask<T> t = at_.pointwise(s, group);
    const ptrdiff_t unit = ptrdiff_t{group} * layout_.lanes;
    t.grad_state[0] = q_.dh + unit;
    t.grad_stride[0] = layout_.padded;
    for (int k = 1; k < layout_.states; ++k) {
      t.grad_state[k] = q_.dstate[k] + at_.state_offset(group);
      t.grad_stride[k] = layout_.lanes;
    }
    t.message = q_.dmessage + unit;
    if (q_.dy && s > 0) {
      t.add = q_.dy + (s - 1) * q_.dy_step + unit;
      t.add_stride = q_.dy_row;
    }
    return t;
  }

  void pointwise(int s) {
    for (int g = share_.first_group; g < share_.last_group; ++g)
      q_.kernel->backward[usual_](task(s, g));
  }

  /// Adds (or, from a `start`, writes) the gate gradients of `part` times its transposed weights,
  /// for output blocks [first, last), to rows of `to`.
  void transposed(Part part, int s, int first, int last, T* to, ptrdiff_t to_row, bool add) {
    const Columns& columns = layout_.part(part);
    const int lanes = layout_.lanes;
    const auto& widths = layout_.blocks(part);
    const ptrdiff_t inner = ptrdiff_t{layout_.padded} * columns.count;
    const ptrdiff_t chain = ptrdiff_t{columns.count} * lanes;
    int output = 0;
    for (int b = 0; b < last; output += widths[b] * lanes, ++b) {
      if (b < first) continue;
      const T* panel = q_.transposed[static_cast<int>(part)] + output * inner;
      for (int g = 0; g < layout_.groups; ++g)
        segments_[g] = {at_.z(s, g) + ptrdiff_t{columns.first} * lanes, at_.unit_row(),
                        panel + g * chain * widths[b] * lanes, chain};
      PanelTask<T> t{segments_, layout_.groups, to + output, to_row, {}, {}};
      for (int v = 0; v < widths[b]; ++v) {
        t.offset[v] = v * lanes;
        t.start[v] = add ? nullptr : zeros_;
      }
      if (part == Part::input && output + widths[b] * lanes > layout_.input_size)
        partial(t, widths[b], s, output, to_row);
      else
        q_.panels->product[widths[b]](t, at_.active(s));
    }
  }

  /// The last block of dx, whose vectors would pass the end of the row: by way of dx_tail.
  void partial(PanelTask<T>& t, int width, int s, int output, ptrdiff_t to_row) {
    const ptrdiff_t room = ptrdiff_t{width} * layout_.lanes;
    T* const row0 = t.z;
    T* const tail =
        q_.dx_tail + share_.thread * q_.rows * ptrdiff_t{max_panel_vectors} * layout_.lanes;
    t.z = tail;
    t.z_stride = room;
    q_.panels->product[width](t, at_.active(s));
    for (int r = 0; r < at_.active(s); ++r)
      for (int i = 0; i < layout_.input_size - output; ++i)
        row0[r * to_row + i] = tail[r * room + i];
  }

  void hidden(int s) {
    transposed(Part::hidden, s, share_.first_block, share_.last_block, q_.dh, layout_.padded, true);
  }

  void input(int s) {
    transposed(Part::input, s, 0, static_cast<int>(layout_.input_blocks.size()),
               q_.dx + s * q_.dx_step, q_.dx_row, false);
  }

  void message(int s) {
    barrier_.wait();
    transposed(Part::message, s, share_.first_block, share_.last_block, q_.dmessage, layout_.padded,
               false);
    for (int g = share_.first_group; g < share_.last_group; ++g)
      q_.kernel->message_backward[usual_](task(s, g));
  }

  /// Weight and bias gradients of the owned groups for steps [first, last).
  void weights(int first, int last) {
    OuterStep<T> x[most_steps], h[most_steps], q[most_steps];
    for (int g = share_.first_group; g < share_.last_group; ++g) {
      int hidden_count = 0;
      const int count = last - first;
      for (int i = 0; i < count; ++i) {
        const int s = first + i, rows = at_.active(s);
        const T* z = at_.z(s, g);
        x[i] = {q_.x + s * q_.x_step, q_.x_row, z, rows};
        if (!at_.reads_hidden(s)) continue;
        if (layout_.has_message) q[hidden_count] = {at_.message(s), layout_.padded, z, rows};
        h[hidden_count++] = {at_.h_before(s), at_.h_before_row(s), z, rows};
      }
      outer(Part::input, x, count, g);
      outer(Part::hidden, h, hidden_count, g);
      if (layout_.has_message) outer(Part::message, q, hidden_count, g);
      for (int k = 0; q_.dstart && k < layout_.gates; ++k)
        q_.panels->column_sum(x, count, at_.unit_row(), ptrdiff_t{k} * layout_.lanes,
                              q_.dstart + (ptrdiff_t{g} * layout_.gates + k) * layout_.lanes);
    }
  }

  void outer(Part part, const OuterStep<T>* steps, int count, int group) {
    const Columns& columns = layout_.part(part);
    const int64_t depth = layout_.depth(part);
    int before = 0;
    for (int vectors : columns.panels) {
      OuterTask<T> t{steps, count, at_.unit_row(), {}, nullptr, depth};
      for (int v = 0; v < vectors; ++v)
        t.offset[v] = ptrdiff_t{columns.first + before + v} * layout_.lanes;
      t.out = q_.dweights[static_cast<int>(part)] + at_.panel_offset(part, group, before, depth);
      q_.panels->outer[vectors](t);
      before += vectors;
    }
  }

  const Place<T> at_;
  const SequenceTask<T>& q_;
  const CellLayout& layout_;
  const Share share_;
  Barrier& barrier_;
  Segment<T>* segments_;
  const int usual_;
  alignas(64) T zeros_[16] = {};
};

}  // namespace

template <class T>
void run_backward(const SequenceTask<T>& task, const Share& share, Barrier& barrier) {
  BackwardPass<T>(task, share, barrier).run();
}

template void run_forward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_forward(const SequenceTask<double>&, const Share&, Barrier&);
template void run_backward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_backward(const SequenceTask<double>&, const Share&, Barrier&);

}  // namespace sluice
