#include "sluice/layers/recurrent_stack.h"

#include <optional>

namespace sluice {

namespace {

/// Block `index` of a [L·D,B,H] tensor; null where it is undefined.
template <class T>
T* block_of(const Tensor& tensor, int index) {
  if (!tensor.defined()) return nullptr;
  return tensor.shared_data<T>() + index * tensor.size(1) * tensor.size(2);
}

/// Whether a ragged layer's rows pass to the one above as the loops have them, in the order of
/// lengths: it has the same slices, and no mask that is drawn by time and row.
bool hands_on_sorted(const Recurrent::Body& body, const SequenceView& x, bool remember, int layer) {
  const auto slices = [&](int i) {
    return slices_of(body.directions[i].layout, x.batch(), x.steps(), remember);
  };
  return body.options.dropout.input == 0 && slices(layer) == slices(layer + 1);
}

/// The memory of a layer's output. Between layers of one direction it is padded to whole vectors,
/// steps first, so that the loops read and write it without a copy.
SequenceView output_of(const Recurrent::Body& body, const StackInput& input, const SequenceView& x,
                       int layer) {
  const RecurrentOptions& o = body.options;
  const bool top = layer == o.num_layers - 1;
  if (top && !body.makes_all_outputs()) return {};
  const int64_t steps = x.steps(), batch = x.batch();
  const int64_t width = int64_t{body.per_layer()} * body.layer_output(layer);
  if (!top && body.per_layer() == 1 && body.directions[layer].layout.gives_h()) {
    const int64_t padded = body.directions[layer].layout.out_padded;
    SequenceView view(Tensor::uninitialized({steps, batch, padded}, body.dtype), false);
    view = view.part(0, body.out());
    view.own_lanes = true;
    view.sorted = !input.padding.lengths.empty() && hands_on_sorted(body, x, input.remember, layer);
    return view;
  }
  const Shape shape = o.batch_first ? Shape{batch, steps, width} : Shape{steps, batch, width};
  return SequenceView(Tensor::uninitialized(shape, body.dtype), o.batch_first);
}

/// Whether the layers run as a wave: rows so few that a step is one chain of waits.
bool runs_as_wave(const Recurrent::Body& body, int64_t batch, bool ragged) {
  const int layers = body.options.num_layers;
  return body.per_layer() == 1 && body.options.dropout.input == 0 && body.options.segment == 0 &&
         batch <= 2 && layers > 1 && layers <= most_wave && !ragged && body.cell->info.below == 0;
}

template <class T>
struct StatePointers {
  T* at[max_states] = {};
  StatePointers(const Tensor* tensors, int index) {
    for (int k = 0; k < max_states; ++k) at[k] = block_of<T>(tensors[k], index);
  }
};

/// Starts layer `index`'s pass: its input is the output of the layer below.
template <class T>
void emplace_pass(const Recurrent::Body& body, const StackInput& input, PassMemory& m,
                  const SequenceView& x, const SequenceView& y, int index,
                  std::optional<ForwardPass<T>>& pass) {
  m.x = x;
  m.y = y;
  m.hold = body.options.padded_output == PaddedOutput::hold;
  m.segment = body.options.segment;
  m.rule = input.rule;
  m.rule.key.layer += static_cast<uint32_t>(index);
  pass.emplace(body.directions[index], m, input.padding, StatePointers<T>(input.first, index).at,
               input.remember);
}

/// All layers' loops together, if every one of them has a single task.
template <class T, class Pass, class Wave>
bool run_wave(std::optional<Pass>* passes, int count, const Wave& wave) {
  SequenceTask<T>* tasks[most_wave];
  for (int i = 0; i < count; ++i)
    if ((tasks[i] = passes[i]->only_task()) == nullptr) return false;
  wave(tasks, count);
  return true;
}

template <class T>
Tensor forward_wave(const Recurrent::Body& body, const StackInput& input,
                    PoolArray<PassMemory>& memory, Tensor* last) {
  const int layers = body.options.num_layers;
  std::optional<ForwardPass<T>> passes[most_wave];
  SequenceView x(input.x, body.options.batch_first), y;
  for (int i = 0; i < layers; ++i, x = y) {
    y = output_of(body, input, x, i);
    emplace_pass<T>(body, input, memory[i], x, y, i, passes[i]);
  }
  if (!run_wave<T>(passes, layers, run_forward_wave<T>))
    for (int i = 0; i < layers; ++i) passes[i]->run();
  for (int i = 0; i < layers; ++i) passes[i]->finish(StatePointers<T>(last, i).at);
  return y.tensor;
}

}  // namespace

template <class T>
Tensor forward_stack(const Recurrent::Body& body, const StackInput& input,
                     PoolArray<PassMemory>& memory, Tensor* last) {
  const RecurrentOptions& o = body.options;
  const int d = body.per_layer();
  SequenceView x(input.x, o.batch_first), y;
  if (runs_as_wave(body, x.batch(), !input.padding.lengths.empty()))
    return forward_wave<T>(body, input, memory, last);
  for (int layer = 0; layer < o.num_layers; ++layer, x = y) {
    y = output_of(body, input, x, layer);
    const int width = body.layer_output(layer);
    for (int k = 0; k < d; ++k) {
      const int index = layer * d + k;
      const SequenceView part = y.defined() ? y.part(k * width, width) : y;
      std::optional<ForwardPass<T>> pass;
      emplace_pass<T>(body, input, memory[index], x, part, index, pass);
      pass->run();
      pass->finish(StatePointers<T>(last, index).at);
    }
  }
  return y.tensor;
}

namespace {

/// What arrives at and is wanted of direction k of a layer, given dy of its layer's outputs.
template <class T>
PassGradients<T> gradients_of(const Recurrent::Body& body, const StackGradients& all,
                              const SequenceView& x, const SequenceView& dy, int layer, int k) {
  const int d = body.per_layer(), width = body.layer_output(layer), index = layer * d + k;
  PassGradients<T> g;
  if (dy.defined()) g.dy = d == 1 ? dy : dy.part(k * width, width);
  for (int s = 0; s < max_states; ++s) {
    g.dlast[s] = block_of<T>(all.dlast[s], index);
    g.dfirst[s] = block_of<T>(all.dfirst[s], index);
  }
  if (layer == 0 && !all.need_dx) return g;
  g.dx = x;  // the same form
  g.dx.tensor = Tensor::uninitialized(x.tensor.shape(), body.dtype);
  return g;
}

template <class T>
void backward_wave(const Recurrent::Body& body, const PoolArray<PassMemory>& memory,
                   StackGradients& all, SequenceView dy) {
  const int layers = body.options.num_layers;
  std::optional<BackwardPass<T>> passes[most_wave];
  for (int i = layers - 1; i >= 0; --i) {
    const PassGradients<T> g = gradients_of<T>(body, all, memory[i].x, dy, i, 0);
    passes[i].emplace(body.directions[i], memory[i], g);
    dy = g.dx;
  }
  if (!run_wave<T>(passes, layers, run_backward_wave<T>))
    for (int i = layers - 1; i >= 0; --i) passes[i]->run();
  for (int i = 0; i < layers; ++i) passes[i]->finish();
  all.dx = dy.tensor;
}

}  // namespace

template <class T>
void backward_stack(const Recurrent::Body& body, const PoolArray<PassMemory>& memory,
                    StackGradients& all) {
  const RecurrentOptions& o = body.options;
  const int d = body.per_layer();
  SequenceView dy = all.dy.defined() ? SequenceView(all.dy, o.batch_first) : SequenceView();
  const PassMemory& bottom = memory[0];
  if (runs_as_wave(body, bottom.x.batch(), bottom.plan.ragged())) {
    backward_wave<T>(body, memory, all, dy);
    return;
  }
  for (int layer = o.num_layers - 1; layer >= 0; --layer) {
    SequenceView dx;
    for (int k = 0; k < d; ++k) {
      const int index = layer * d + k;
      const PassGradients<T> g = gradients_of<T>(body, all, memory[index].x, dy, layer, k);
      BackwardPass<T> pass(body.directions[index], memory[index], g);
      pass.run();
      pass.finish();
      if (k == 0) {
        dx = g.dx;
      } else if (dx.defined()) {
        T* sum = dx.tensor.data<T>();
        const T* add = std::as_const(g.dx.tensor).template data<T>();
        for (int64_t i = 0; i < dx.tensor.numel(); ++i) sum[i] += add[i];
      }
    }
    dy = dx;
  }
  all.dx = dy.tensor;
}

#define SLUICE_INSTANTIATE(T)                                                           \
  template Tensor forward_stack<T>(const Recurrent::Body&, const StackInput&,           \
                                   PoolArray<PassMemory>&, Tensor*);                    \
  template void backward_stack<T>(const Recurrent::Body&, const PoolArray<PassMemory>&, \
                                  StackGradients&);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice
