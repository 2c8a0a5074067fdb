#include "sluice/engine/step_masks.h"

#include <algorithm>

#include "sluice/tensor/random_mask.h"

namespace sluice {

namespace {

MaskDraw draw_of(const MaskRule& rule, const MaskPlace& place, double rate) {
  // The counter's four words are taken: rows and runs make keys of their own. The multiplier is
  // odd, so that no two runs of a seed share one.
  return {rate,
          {static_cast<uint32_t>(rule.key.seed) ^ rule.run * 0x9e3779b9u,
           static_cast<uint32_t>(rule.key.seed >> 32)},
          {0, static_cast<uint32_t>(rule.key.update),
           static_cast<uint32_t>(place.kind) << 24 ^ rule.key.layer, place.step},
          place.first,
          place.count,
          place.rows,
          place.row};
}

}  // namespace

template <class T>
void draw_mask(const MaskRule& rule, const MaskPlace& place, double rate, T kept, T* out) {
  draw_masks(draw_of(rule, place, rate), kept, out, place.count);
}

template <class T>
int64_t StepMasks<T>::room_for(const CellLayout& layout, const MaskRule& rule, int rows) {
  const RecurrentDropout& r = rule.rates;
  const bool t = rule.training;
  const int hidden = !t || r.hidden == 0 ? 0 : r.untied() ? layout.recurrent_copies() : 1;
  const int kinds = hidden + (t && r.update > 0) + (t && r.cell > 0) + (r.zoneout_hidden > 0) +
                    (r.zoneout_cell > 0);
  const int64_t units = int64_t{kinds + (layout.periods.empty() ? 0 : 1)} * layout.padded;
  const int64_t inputs = rule.copies_input() ? int64_t{layout.gates} * layout.input_size : 0;
  return (units + inputs) * rows;
}

template <class T>
StepMasks<T>::StepMasks(const CellLayout& layout, const MaskRule& rule, const RowPlan& plan,
                        int slice, T* room)
    : layout_(&layout),
      rule_(&rule),
      plan_(&plan),
      first_row_(plan.begin(slice)),
      count_(plan.count(slice)) {
  const int64_t each = int64_t{count_} * layout.padded;
  const auto take = [&](bool wanted, T*& to, int count = 1) {
    if (!wanted) return;
    to = room;
    room += count * each;
  };
  const RecurrentDropout& r = rule.rates;
  hidden_copy_ = r.untied() ? each : 0;
  take(rule.training && r.hidden > 0, hidden_, r.untied() ? layout.recurrent_copies() : 1);
  take(rule.training && r.update > 0, update_);
  take(rule.training && r.cell > 0, cell_);
  take(r.zoneout_hidden > 0, zoneout_[0]);
  take(r.zoneout_cell > 0, zoneout_[1]);
  take(!layout.periods.empty(), clock_);
  if (rule.copies_input()) input_ = room;
  recount();
}

template <class T>
void StepMasks<T>::recount() {
  clock_rows_ = 1;
  for (int r = 1; r < count_; ++r)
    if (steps_before(r) != steps_before(0)) clock_rows_ = count_;
}

template <class T>
void StepMasks<T>::draw(MaskKind kind, double rate, bool drop, int s, int active, int first,
                        int last, T* to) {
  if (to == nullptr) return;
  const int at = first * layout_->lanes;
  const MaskPlace place = {kind, static_cast<uint32_t>(first_row_), static_cast<uint32_t>(s), at,
                           last * layout_->lanes - at};
  MaskDraw all = draw_of(*rule_, place, rate);
  all.rows = active;
  all.row_numbers = plan_->rows(first_row_);
  draw_masks(all, drop ? static_cast<T>(1 / (1 - rate)) : T{1}, to + at, layout_->padded);
}

template <class T>
void StepMasks<T>::zoneout(int which, int s, int active, int first, int last) {
  T* const to = zoneout_[which];
  if (to == nullptr) return;
  const double rate = which == 0 ? rule_->rates.zoneout_hidden : rule_->rates.zoneout_cell;
  const MaskKind kind = which == 0 ? MaskKind::zoneout_hidden : MaskKind::zoneout_cell;
  if (rule_->training) return draw(kind, rate, false, s, active, first, last, to);
  for (int r = 0; r < count_; ++r)
    std::fill(to + int64_t{r} * layout_->padded + first * layout_->lanes,
              to + int64_t{r} * layout_->padded + last * layout_->lanes, static_cast<T>(1 - rate));
}

template <class T>
void StepMasks<T>::draw_input(const Piece& rows) {
  const int inputs = layout_->input_size;
  const double rate = rule_->rates.input;
  for (int gate = 0; gate < layout_->gates; ++gate) {
    if (!layout_->takes_input(gate)) continue;
    const MaskPlace place = {MaskKind::input, 0, static_cast<uint32_t>(gate), 0, inputs, rows.size};
    MaskDraw all = draw_of(*rule_, place, rate);
    all.first_row = static_cast<uint32_t>(first_row_ + rows.first);
    all.row_numbers = plan_->rows(first_row_ + rows.first);
    draw_masks(all, static_cast<T>(1 / (1 - rate)),
               input_ + (int64_t{gate} * count_ + rows.first) * inputs, inputs);
  }
}

template <class T>
void StepMasks<T>::begin(int first, int last, const Piece& rows) {
  const RecurrentDropout& r = rule_->rates;
  if (input_) draw_input(rows);
  const int copies = hidden_copy_ > 0 ? layout_->recurrent_copies() : 1;
  for (int i = 0; hidden_ && i < copies; ++i)
    draw(MaskKind::hidden, r.hidden, true, i, count_, first, last, hidden_ + i * hidden_copy_);
  draw(MaskKind::cell, r.cell, true, 0, count_, first, last, cell_);
  if (!r.update_each_step) draw(MaskKind::update, r.update, true, 0, count_, first, last, update_);
  for (int which : {0, 1})
    if (!rule_->training) zoneout(which, 0, count_, first, last);
}

template <class T>
void StepMasks<T>::step(int s, int active, int first, int last) {
  const RecurrentDropout& r = rule_->rates;
  if (r.update_each_step) draw(MaskKind::update, r.update, true, s, active, first, last, update_);
  for (int which : {0, 1})
    if (rule_->training) zoneout(which, s, active, first, last);
  for (int row = 0; clock_ && row < std::min(active, clock_rows_); ++row)
    tick(s + steps_before(row), first * layout_->lanes, last * layout_->lanes,
         clock_ + int64_t{row} * layout_->padded);
}

/// Of units [first, last), those of one module one after another: what holds for one holds for all.
template <class T>
void StepMasks<T>::tick(int s, int first, int last, T* clock) const {
  const std::vector<int>& periods = layout_->periods;
  for (int u = first; u < last; ++u) {
    const bool same = u > first && u < layout_->hidden_size && periods[u] == periods[u - 1];
    clock[u] = same ? clock[u - 1] : layout_->ticks(u, s) ? T{1} : T{0};
  }
}

template <class T>
int StepMasks<T>::steps_before(int row) const {
  const Tensor& steps = rule_->steps_before;
  return steps.defined() ? static_cast<int>(steps.item(plan_->row(first_row_ + row))) : 0;
}

template <class T>
bool StepMasks<T>::moves(int group, int s) const {
  for (int r = 0; clock_ && r < clock_rows_; ++r)
    if (layout_->moves(group, s + steps_before(r))) return true;
  return clock_ == nullptr;
}

template class StepMasks<float>;
template class StepMasks<double>;
template void draw_mask(const MaskRule&, const MaskPlace&, double, float, float*);
template void draw_mask(const MaskRule&, const MaskPlace&, double, double, double*);

}  // namespace sluice
