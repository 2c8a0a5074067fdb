#include "sluice/layers/mlstm_pass.h"

#include <algorithm>
#include <cmath>

#include "sluice/base/parallel.h"
#include "sluice/engine/matrix_memory.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/gemm.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

template <class T>
Tensor room(const Shape& shape) {
  return Tensor::uninitialized(shape, dtype_of<T>);
}

/// Numbers from one step to the next, and from one row to the next.
struct Strides {
  int64_t step, row;
};

Strides strides_of(const Mlstm::Body& body, const RowPlan& plan, int64_t width) {
  if (body.options.batch_first) return {width, plan.steps() * width};
  return {plan.batch() * width, width};
}

/// Where the output of the row at a position begins; with Outputs::last its steps share one place.
template <class T>
T* output_at(const Mlstm::Body& body, const RowPlan& plan, T* output, int position) {
  const int64_t width = body.options.hidden_size;
  if (body.options.outputs == Outputs::last) return output + plan.row(position) * width;
  const Strides strides = strides_of(body, plan, width);
  return output + plan.row(position) * strides.row + plan.time(position, 0, false) * strides.step;
}

int64_t output_stride(const Mlstm::Body& body, const RowPlan& plan) {
  if (body.options.outputs == Outputs::last) return 0;
  return strides_of(body, plan, body.options.hidden_size).step;
}

/// Calls copy(offset in the tensor, line of the trace, lines) for stretches of x or its gradient.
template <class Copy>
void for_each_stretch(const Mlstm::Body& body, const MlstmTrace& trace, Copy&& copy) {
  const RowPlan& plan = trace.plan;
  const Strides strides = strides_of(body, plan, body.options.input_size);
  for (int p = 0; p < plan.batch(); ++p) {
    const int64_t first = plan.row(p) * strides.row + plan.time(p, 0, false) * strides.step;
    if (body.options.batch_first)
      copy(first, trace.first[p], plan.length(p));
    else
      for (int s = 0; s < plan.length(p); ++s)
        copy(first + s * strides.step, trace.first[p] + s, 1);
  }
}

/// Whether the lines of the trace are those of x as it stands.
bool in_place(const Mlstm::Body& body, const MlstmTrace& trace) {
  const bool one = trace.plan.batch() == 1 || trace.plan.steps() == 1;
  return !trace.plan.ragged() && (body.options.batch_first || one);
}

template <class T>
void plan_rows(const Mlstm::Body& body, const Tensor& x, const Padding& padding, MlstmTrace& t) {
  const int batch = static_cast<int>(x.size(body.options.batch_first ? 0 : 1));
  const int steps = static_cast<int>(x.size(body.options.batch_first ? 1 : 0));
  t.plan = RowPlan(steps, batch, 1, padding);
  t.segment = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(steps))));
  t.first = PoolArray<int64_t>(batch);
  t.count = 0;
  for (int p = 0; p < batch; ++p) {
    t.first[p] = t.count;
    t.count += t.plan.length(p);
  }
  const int64_t inputs = body.options.input_size;
  if (in_place(body, t)) {
    t.x = x.reshape({t.count, inputs});
    return;
  }
  t.x = room<T>({t.count, inputs});
  for_each_stretch(body, t, [&](int64_t offset, int64_t line, int64_t lines) {
    std::copy_n(x.data<T>() + offset, lines * inputs, t.x.data<T>() + line * inputs);
  });
}

/// result = x · weightᵀ + bias on lines of the given stride.
template <class T>
Tensor project(const T* x, int64_t lines, int64_t stride, const Variable& weight,
               const Variable& bias) {
  const int64_t outputs = weight.shape()[0], inputs = weight.shape()[1];
  Tensor result = room<T>({lines, outputs});
  T* const to = result.data<T>();
  if (bias.defined())
    for (int64_t line = 0; line < lines; ++line)
      std::copy_n(bias.value().data<T>(), outputs, to + line * outputs);
  gemm(Trans::no, Trans::yes, lines, outputs, inputs, x, stride, weight.value().data<T>(), inputs,
       to, outputs, bias.defined());
  return result;
}

/// Copies C [d,d] and n [d] of a row and head into [d + 1][width], or zeros where there are none.
template <class T>
void load_memory(const HeadSequence<T>& head, const MlstmTensors& from, int64_t index, T* to) {
  const int64_t d = head.size;
  std::fill_n(to, head.memory_size(), T{0});
  for (int64_t a = 0; from.memory.defined() && a < d; ++a)
    std::copy_n(from.memory.data<T>() + (index * d + a) * d, d, to + a * head.width);
  if (from.normalizer.defined())
    std::copy_n(from.normalizer.data<T>() + index * d, d, to + d * head.width);
}

template <class T>
void store_memory(const HeadSequence<T>& head, const T* from, T stabilizer, int64_t index,
                  MlstmTensors& to) {
  const int64_t d = head.size;
  for (int64_t a = 0; to.memory.defined() && a < d; ++a)
    std::copy_n(from + a * head.width, d, to.memory.data<T>() + (index * d + a) * d);
  if (to.normalizer.defined())
    std::copy_n(from + d * head.width, d, to.normalizer.data<T>() + index * d);
  if (to.stabilizer.defined()) to.stabilizer.data<T>()[index] = stabilizer;
}

template <class T>
T stabilizer_of(const MlstmTensors& state, int64_t index) {
  return state.stabilizer.defined() ? state.stabilizer.data<T>()[index] : T{0};
}

/// The sequences of all rows and heads, and who runs them. Each writes numbers of its own, so that
/// the threads change no bit.
template <class T>
class HeadLoop {
 public:
  HeadLoop(const Mlstm::Body& body, const MlstmTrace& trace) : body_(body), trace_(trace) {
    const int64_t size = body.head_size();
    head_.size = size;
    head_.width = padded_head<T>(size);
    head_.hidden_size = body.options.hidden_size;
    head_.heads = body.options.heads;
    head_.output_gate = body.options.output_gate;
    head_.segment = trace.segment;
    count_ = int64_t{trace.plan.batch()} * head_.heads;
    const int64_t work = trace.count * head_.hidden_size * size;
    shares_ = work < least_parallel ? 1 : std::min<int64_t>(num_threads(), count_);
  }

  const HeadSequence<T>& shape() const { return head_; }
  int64_t segments() const { return (trace_.plan.steps() + head_.segment - 1) / head_.segment; }
  int64_t shares() const { return shares_; }

  /// Calls body(head, place, index, share): a sequence, its position in the plan, its place in a
  /// state [B,heads,…] and the share of the work that it belongs to.
  template <class Run>
  void run(const Run& body) const {
    parallel_for(shares_, [&](int64_t share) {
      for (int64_t i = share; i < count_; i += shares_) {
        const int position = static_cast<int>(i / head_.heads);
        HeadSequence<T> head = at(position, i % head_.heads);
        body(head, position, int64_t{trace_.plan.row(position)} * head_.heads + i % head_.heads,
             share);
      }
    });
  }

  /// Where a row and head begins in an array of the trace's layout; null stays null.
  T* part(T* all, int64_t stride, int position, int64_t offset) const {
    return all == nullptr ? nullptr : all + trace_.first[position] * stride + offset;
  }

 private:
  HeadSequence<T> at(int position, int64_t h) const {
    const auto data = [](Tensor t) { return t.defined() ? t.data<T>() : nullptr; };
    HeadSequence<T> head = head_;
    head.steps = trace_.plan.length(position);
    head.projected = part(data(trace_.projected), head.projected_stride(), position, h * head.size);
    head.gates = part(data(trace_.gates), 2 * head.heads, position, h);
    head.scales =
        reinterpret_cast<StepScale<T>*>(part(data(trace_.scales), 3 * head.heads, position, 3 * h));
    head.hidden = part(data(trace_.hidden), head.hidden_size, position, h * head.size);
    head.output_stride = output_stride(body_, trace_.plan);
    if (trace_.checkpoints.defined())
      head.checkpoints =
          data(trace_.checkpoints) + (position * head.heads + h) * segments() * head.memory_size();
    return head;
  }

  const Mlstm::Body& body_;
  const MlstmTrace& trace_;
  HeadSequence<T> head_;
  int64_t count_ = 0, shares_ = 1;
};

MlstmTensors new_state(const Mlstm::Body& body, int64_t batch) {
  const int64_t heads = body.options.heads, d = body.head_size();
  return {Tensor::uninitialized({batch, heads, d, d}, body.dtype),
          Tensor::uninitialized({batch, heads, d}, body.dtype),
          Tensor::uninitialized({batch, heads}, body.dtype)};
}

Tensor new_output(const Mlstm::Body& body, const RowPlan& plan) {
  const int64_t batch = plan.batch(), steps = plan.steps(), h = body.options.hidden_size;
  if (body.options.outputs == Outputs::last) return Tensor::uninitialized({batch, h}, body.dtype);
  const Shape shape = body.options.batch_first ? Shape{batch, steps, h} : Shape{steps, batch, h};
  return plan.ragged() ? Tensor(shape, body.dtype) : Tensor::uninitialized(shape, body.dtype);
}

/// gradient [m,n] += leftᵀ · right over all lines, each number one chain in their order. The
/// product copies its transposed side number by number: that is the narrow one, and the result is
/// turned.
template <class T>
void add_over_lines(const Tensor& left, const Tensor& right, int64_t n, T* gradient) {
  const int64_t lines = left.size(0), m = left.size(1), stride = right.size(1);
  const T *const a = left.data<T>(), *const b = right.data<T>();
  if (m <= n) {
    gemm(Trans::yes, Trans::no, m, n, lines, a, m, b, stride, gradient, n, true);
    return;
  }
  Tensor turned = room<T>({n, m});
  T* const to = turned.data<T>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < m; ++j) to[i * m + j] = gradient[j * n + i];
  gemm(Trans::yes, Trans::no, n, m, lines, b, stride, a, m, to, m, true);
  for (int64_t j = 0; j < m; ++j)
    for (int64_t i = 0; i < n; ++i) gradient[j * n + i] = to[i * m + j];
}

/// The products around the loop, backwards; `projected` holds the loop's gradients.
template <class T>
void backward_products(const Mlstm::Body& body, const MlstmTrace& trace, const Variable& x,
                       Tensor& projected, const Tensor& gates) {
  const int64_t lines = trace.count, inputs = body.options.input_size;
  const int64_t outputs = body.projected_size(), gate_inputs = 3 * body.options.hidden_size;
  const int64_t gate_count = 2 * body.options.heads;
  T* const to = projected.data<T>();
  const T* const dgates = gates.data<T>();
  gemm(Trans::no, Trans::no, lines, gate_inputs, gate_count, dgates, gate_count,
       body.gate_weight.value().data<T>(), gate_inputs, to, outputs, true);
  if (body.gate_weight.requires_grad())
    add_over_lines(gates, trace.projected, gate_inputs, body.gate_weight.grad_buffer().data<T>());
  if (body.gate_bias.requires_grad()) add_row_sums(body.gate_bias.grad_buffer(), gates);
  if (body.weight.requires_grad())
    add_over_lines(projected, trace.x, inputs, body.weight.grad_buffer().data<T>());
  if (body.bias.defined() && body.bias.requires_grad())
    add_row_sums(body.bias.grad_buffer(), projected);
  if (!x.requires_grad()) return;
  T* const dx = x.grad_buffer().data<T>();
  const bool direct = in_place(body, trace);
  Tensor packed = direct ? Tensor() : room<T>({lines, inputs});
  gemm(Trans::no, Trans::no, lines, inputs, outputs, to, outputs, body.weight.value().data<T>(),
       inputs, direct ? dx : packed.data<T>(), inputs, direct);
  if (direct) return;
  for_each_stretch(body, trace, [&](int64_t offset, int64_t line, int64_t count) {
    const T* const from = packed.data<T>() + line * inputs;
    for (int64_t i = 0; i < count * inputs; ++i) dx[offset + i] += from[i];
  });
}

}  // namespace

template <class T>
Tensor forward_mlstm(const Mlstm::Body& body, const Tensor& x, const MlstmTensors& first,
                     const Padding& padding, bool remember, MlstmTrace& trace, MlstmTensors& last) {
  plan_rows<T>(body, x, padding, trace);
  const int64_t batch = trace.plan.batch(), heads = body.options.heads;
  trace.projected = project(std::as_const(trace.x).data<T>(), trace.count, body.options.input_size,
                            body.weight, body.bias);
  trace.gates = project(std::as_const(trace.projected).data<T>(), trace.count,
                        body.projected_size(), body.gate_weight, body.gate_bias);
  const HeadLoop<T> loop(body, trace);
  const HeadSequence<T>& shape = loop.shape();
  if (remember) {
    trace.scales = room<T>({trace.count, heads, 3});
    trace.hidden = room<T>({trace.count, body.options.hidden_size});
    trace.checkpoints = room<T>({batch * heads * loop.segments(), shape.memory_size()});
  }
  last = new_state(body, batch);
  Tensor output = new_output(body, trace.plan);
  T* const to = output.data<T>();
  const int64_t each = shape.memory_size() + shape.forward_room();
  Tensor scratch = room<T>({loop.shares(), each});
  T* const own = scratch.data<T>();
  loop.run([&](HeadSequence<T>& head, int position, int64_t index, int64_t share) {
    head.output = output_at(body, trace.plan, to, position) + index % heads * head.size;
    head.memory = own + share * each;
    head.scratch = head.memory + head.memory_size();
    head.stabilizer = stabilizer_of<T>(first, index);
    load_memory(head, first, index, head.memory);
    run_head_forward(head);
    store_memory(head, head.memory, head.stabilizer, index, last);
  });
  return output;
}

template <class T>
void backward_mlstm(const Mlstm::Body& body, const MlstmTrace& trace, const Variable& x,
                    const MlstmGradients& gradients) {
  const HeadLoop<T> loop(body, trace);
  const HeadSequence<T>& shape = loop.shape();
  const int64_t heads = body.options.heads;
  Tensor projected = room<T>({trace.count, body.projected_size()});
  Tensor gates = room<T>({trace.count, 2 * heads});
  T *const to = projected.data<T>(), *const to_gates = gates.data<T>();
  const int64_t each = shape.memory_size() + shape.backward_room();
  Tensor scratch = room<T>({loop.shares(), each});
  T* const own = scratch.data<T>();
  MlstmTensors first = gradients.first;  // handles: the threads write into what they share
  loop.run([&](HeadSequence<T>& head, int position, int64_t index, int64_t share) {
    const int64_t h = index % heads;
    HeadGradient<T> gradient;
    if (gradients.output.defined())
      gradient.output =
          output_at(body, trace.plan, gradients.output.data<T>(), position) + h * head.size;
    gradient.output_stride = head.output_stride;
    gradient.projected = loop.part(to, head.projected_stride(), position, h * head.size);
    gradient.gates = loop.part(to_gates, 2 * heads, position, h);
    gradient.memory = own + share * each;
    gradient.stabilizer = stabilizer_of<T>(gradients.last, index);
    head.scratch = gradient.memory + head.memory_size();
    load_memory(head, gradients.last, index, gradient.memory);
    run_head_backward(head, gradient);
    store_memory(head, gradient.memory, gradient.stabilizer, index, first);
  });
  backward_products<T>(body, trace, x, projected, gates);
}

#define SLUICE_MLSTM_PASS(T)                                                               \
  template Tensor forward_mlstm<T>(const Mlstm::Body&, const Tensor&, const MlstmTensors&, \
                                   const Padding&, bool, MlstmTrace&, MlstmTensors&);      \
  template void backward_mlstm<T>(const Mlstm::Body&, const MlstmTrace&, const Variable&,  \
                                  const MlstmGradients&);
SLUICE_MLSTM_PASS(float)
SLUICE_MLSTM_PASS(double)
#undef SLUICE_MLSTM_PASS

}  // namespace sluice
