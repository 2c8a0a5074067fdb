// One step at a time: the loop of sequence_loop.h over a sequence of one step.
#include <algorithm>

#include "sluice/base/error.h"
#include "sluice/engine/pass_memory.h"
#include "sluice/engine/sequence_loop.h"
#include "sluice/layers/recurrent_body.h"

namespace sluice {

namespace {

/// Memory of one layer between steps.
struct StreamLayer {
  const Direction* direction = nullptr;
  SequenceTask<float> task = {};
  Tensor h[2], full, state[max_values], z, message[max_messages], start;
  Tensor below_tail, normed, scale, norm_room;
  Tensor record;  ///< [B, values that it gives · H], unless that is h alone
  int now = 0;    // which h is the state
  MaskRule rule;
  RowPlan plan;
  StepMasks<float> masks;
  Tensor mask_room;
};

/// Zoneout's mean and clocks: what is left of masks outside training.
void make_masks(StreamLayer& s, const RecurrentDropout& dropout, int batch) {
  const CellLayout& layout = s.direction->layout;
  s.rule.rates = dropout;
  if (!s.rule.in_loop() && layout.periods.empty()) return;
  if (!layout.periods.empty()) s.rule.steps_before = Tensor({batch}, DType::f64);
  s.plan = RowPlan(1, batch, 1, {});
  s.mask_room = Tensor({StepMasks<float>::room_for(layout, s.rule, batch)});
  s.masks = StepMasks<float>(layout, s.rule, s.plan, 0, s.mask_room.data<float>());
  s.task.masks = &s.masks;
}

}  // namespace

struct RecurrentStream::Body {
  std::shared_ptr<Recurrent::Body> layer;
  int batch;
  std::vector<StreamLayer> layers;
  std::vector<PanelTask<float>> tasks;
  std::vector<Segment<float>> segments;
  std::vector<PointwiseTask<float>> pointwise;
};

RecurrentStream::RecurrentStream(const Recurrent& layer, int batch)
    : body_(std::make_unique<Body>()) {
  const RecurrentOptions& o = layer.options();
  if (o.direction != DirectionOf::forward)
    fail_config("layer.stream", o.cell, "a layer that reads the future cannot run step by step",
                "use direction: forward");
  if (layer.body()->dtype != DType::f32)
    fail_config("layer.stream", o.cell, "streams run in float", "convert the layer with to()");
  if (batch < 1)
    fail_config("layer.size", "batch", "must be positive, not " + std::to_string(batch),
                "a stream runs one row or more");
  body_->layer = layer.body();
  body_->batch = batch;
  ptrdiff_t most_tasks = 0;
  int most_groups = 0;
  for (const Direction& d : body_->layer->directions) {
    const CellLayout& layout = d.layout;
    StreamLayer s;
    s.direction = &d;
    const int64_t row = layout.padded;
    for (Tensor& h : s.h) h = Tensor({int64_t{batch} * layout.out_padded});
    if (layout.projects()) s.full = Tensor({batch * row});
    for (int k = 1; k < layout.values; ++k) s.state[k] = Tensor({batch * row});
    if (!layout.gives_h())
      s.record = Tensor({batch, static_cast<int64_t>(layout.gives.size()) * layout.out});
    s.z = Tensor({batch * row * (layout.slots + layout.record)});
    for (int k = 0; k < layout.messages; ++k) s.message[k] = Tensor({batch * row});
    if (layout.below > 0) s.below_tail = Tensor({int64_t{batch} * layout.below * layout.lanes});
    const int64_t norms = static_cast<int64_t>(layout.first_normed.size());
    if (norms > 0) {
      s.normed = Tensor({batch * row * layout.normed});
      s.scale = Tensor({batch * norms});
      s.norm_room = Tensor({batch * norms * 2});
    }
    s.start = Tensor({layout.bias_size()});
    most_tasks = std::max(most_tasks, task_room(layout));
    most_groups = std::max(most_groups, layout.groups);
    body_->layers.push_back(std::move(s));
  }
  body_->tasks.resize(most_tasks);
  body_->segments.resize(2 * most_tasks);
  body_->pointwise.resize(most_groups);
  for (StreamLayer& s : body_->layers) {
    const CellLayout& layout = s.direction->layout;
    SequenceTask<float>& q = s.task;
    make_masks(s, o.dropout, batch);
    q.layout = &layout;
    q.panels = &panel_kernels<float>();
    q.kernel = &layout.cell->kernel<float>();
    q.switches = s.direction->switches;
    q.steps = 1;
    q.rows = batch;
    q.start = s.start.data<float>();
    q.h_row = q.h_first_row = layout.out_padded;
    if (layout.projects()) q.full = s.full.data<float>();
    q.h_period = 1;
    for (int k = 1; k < layout.states; ++k) q.state[k] = s.state[k].data<float>();
    for (int k = layout.states; k < layout.values; ++k)
      q.output[k] = {s.state[k].data<float>(), 0, layout.padded};
    if (layout.normed > 0) {
      q.normed = s.normed.data<float>();
      q.scale = s.scale.data<float>();
      q.norm_room = s.norm_room.data<float>();
    }
    q.z = s.z.data<float>();
    q.record = q.z + int64_t{batch} * layout.padded * layout.slots;
    for (int k = 0; k < layout.messages; ++k) q.message[k] = s.message[k].data<float>();
    if (layout.below > 0) q.below_tail = s.below_tail.data<float>();
    q.tasks = body_->tasks.data();
    q.segments = body_->segments.data();
    q.pointwise = body_->pointwise.data();
  }
}

RecurrentStream::~RecurrentStream() = default;
RecurrentStream::RecurrentStream(RecurrentStream&&) noexcept = default;

namespace {

/// Copies between [B,H] and a layer's memory of value k.
template <class Copy>
void for_each_unit(const CellLayout& layout, int batch, int k, Copy&& copy) {
  for (int b = 0; b < batch; ++b)
    for (int u = 0; u < (k == 0 ? layout.out : layout.hidden_size); ++u) {
      const bool by_group = k > 0 && k < layout.states;
      const int64_t at =
          by_group ? (int64_t{u / layout.lanes} * batch + b) * layout.lanes + u % layout.lanes
                   : int64_t{b} * (k == 0 ? layout.out_padded : layout.padded) + u;
      copy(int64_t{b} * (k == 0 ? layout.out : layout.hidden_size) + u, at);
    }
}

/// What a step gave, where that is more than h.
void fill_record(StreamLayer& s, int batch) {
  const CellLayout& layout = s.direction->layout;
  const int64_t width = s.record.size(1);
  float* const record = s.record.data<float>();
  for (size_t i = 0; i < layout.gives.size(); ++i) {
    const int k = layout.gives[i];
    const float* from = (k == 0 ? s.h[s.now] : s.state[k]).data<float>();
    for_each_unit(layout, batch, k, [&](int64_t neutral, int64_t at) {
      record[neutral / layout.out * width + static_cast<int64_t>(i) * layout.out +
             neutral % layout.out] = from[at];
    });
  }
}

}  // namespace

void RecurrentStream::step(const float* x, float* y) {
  Barrier alone(1);
  const float* input = x;
  ptrdiff_t row = body_->layer->options.input_size;
  for (StreamLayer& s : body_->layers) {
    const Direction& d = *s.direction;
    const CellLayout& layout = d.layout;
    SequenceTask<float>& q = s.task;
    const float* weights = std::as_const(d.weights.value()).data<float>();
    for (int p = 0; p < layout.parts(); ++p)
      q.weights[p] = weights + layout.packed_offset(part_at(p));
    if (d.affine.defined()) q.affine = std::as_const(d.affine.value()).data<float>();
    if (d.units.defined()) q.units = std::as_const(d.units.value()).data<float>();
    sum_biases(d, s.start.data<float>());
    q.x = input;
    q.x_row = row;
    q.h_first = s.h[s.now].data<float>();
    s.now ^= 1;
    q.h = s.h[s.now].data<float>();
    if (d.projection.defined()) q.projection = std::as_const(d.projection.value()).data<float>();
    run_forward(q, share_of(layout, 0, 1), alone);
    if (Tensor& steps = s.rule.steps_before; steps.defined())
      for (double& gone : steps.values<double>()) ++gone;
    input = q.h;
    row = layout.out_padded;
    if (!s.record.defined()) continue;
    fill_record(s, body_->batch);
    input = std::as_const(s.record).data<float>();
    row = s.record.size(1);
  }
  const int h = body_->layer->layer_output(body_->layer->options.num_layers - 1);
  for (int b = 0; b < body_->batch; ++b) std::copy_n(input + b * row, h, y + int64_t{b} * h);
}

RecurrentState RecurrentStream::state() const {
  const RecurrentOptions& o = body_->layer->options;
  RecurrentState result;
  for (int k = 0; k < static_cast<int>(body_->layer->cell->info.states.size()); ++k) {
    const int width = body_->layer->width(k);
    Tensor all({o.num_layers, body_->batch, width});
    float* to = all.data<float>();
    for (const StreamLayer& s : body_->layers) {
      const float* from = (k == 0 ? s.h[s.now] : s.state[k]).data<float>();
      for_each_unit(s.direction->layout, body_->batch, k,
                    [&](int64_t neutral, int64_t at) { to[neutral] = from[at]; });
      to += int64_t{body_->batch} * width;
    }
    result.values[k] = Variable(all);
  }
  const Tensor& steps = body_->layers[0].rule.steps_before;
  if (steps.defined()) result.steps = steps.clone();
  return result;
}

void RecurrentStream::set_state(const RecurrentState& state) {
  check_state(*body_->layer, body_->batch, state);
  for (StreamLayer& s : body_->layers)
    if (Tensor& steps = s.rule.steps_before; steps.defined()) {
      steps.fill(0);
      if (state.steps.defined()) steps.copy_from(state.steps);
      s.masks.recount();
    }
  for (int k = 0; k < static_cast<int>(body_->layer->cell->info.states.size()); ++k) {
    const Variable& given = state.values[k];
    const float* from = given.defined() ? given.value().data<float>() : nullptr;
    for (StreamLayer& s : body_->layers) {
      float* to = (k == 0 ? s.h[s.now] : s.state[k]).data<float>();
      for_each_unit(s.direction->layout, body_->batch, k,
                    [&](int64_t neutral, int64_t at) { to[at] = from ? from[neutral] : 0.f; });
      if (from) from += int64_t{body_->batch} * body_->layer->width(k);
    }
  }
}

}  // namespace sluice
