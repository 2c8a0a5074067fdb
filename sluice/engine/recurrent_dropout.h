// Where random masks strike inside a recurrence, and how often they are drawn anew.
#pragma once

namespace sluice {

/// Rates in [0, 1), in parts of 65536; 0 is off. A kept number is divided by 1 - rate but for
/// zoneout. Masks of a sequence are drawn for each row and run once, those of a step at every step.
struct RecurrentDropout {
  double input = 0;   ///< of x, for the sequence (Gal and Ghahramani 2016; Keras' dropout)
  double hidden = 0;  ///< of h and messages on their way into the recurrent matrix, for the
                      ///< sequence (Gal and Ghahramani 2016; Keras' recurrent_dropout)
  /// All gates see the same masked x and h (Gal's tied weights). Or each has masks of its own for
  /// both (his untied weights, Keras' implementation 1): gates then read copies of their own and
  /// are multiplied one by one, which makes a training step of an LSTM a twentieth longer.
  bool tied = true;
  double update = 0;             ///< of what is added to the state (Semeniuta et al. 2016)
  bool update_each_step = true;  ///< or for the sequence
  double cell = 0;               ///< of the new cell, for the sequence (Moon et al. 2015)
  double weights = 0;            ///< of the recurrent matrix, for a run (Merity et al. 2018)
  bool weight_rows = false;      ///< whole rows of it: a unit's gate loses its recurrent input
  double zoneout_hidden = 0, zoneout_cell = 0;  ///< a unit keeps its old h, its old other states,
                                                ///< at each step; their mean outside training
                                                ///< (Krueger et al. 2017)

  /// Whether each gate reads copies of x or h that are masked for it alone.
  bool untied() const { return !tied && (input > 0 || hidden > 0); }
  bool any_mask() const {
    return hidden > 0 || update > 0 || cell > 0 || zoneout_hidden > 0 || zoneout_cell > 0;
  }
};

}  // namespace sluice
