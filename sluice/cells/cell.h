// The contract of a cell. No include guard and no includes, here and in every file of this folder:
// the engine includes them inside a namespace of its own, once for each instruction set.
//
// A cell is a struct that declares
//   gates[]      its pre-activations: a name, what each reads, and its place in files
//   states[]     its states by name, h first
//   below[]      (optional) names of the unit's own memories in the layer below: they come with the
//                input, H wide each behind the columns that matrices multiply
//   step         from pre-activations z and old states s to the new states
//   units[]      (optional) parameters of a unit alone, such as peepholes: p in the functions below
//   messages[]   (optional) names of the values that pass through the recurrent matrix within the
//                step, and
//   message      which computes them before `step` is evaluated; gates declared with `Q` read them
//   tied         (optional) the messages, as a sum of Reads, that pass through the weights of
//                another source (the old hidden state or an earlier message), whose gates stand in
//                the same rows, in the same order
//   periods[]    (optional) the clocks of as many modules of units where the layer names none
//   outputs[]    (optional) names of values that `step` returns behind the states: they are the
//                layer's output in place of h
//   hands_up[]   (optional) the states that a layer of the same cell above this one reads, where
//                they are not the output alone
//   lowest       (optional) the name of the cell that the lowest layer is made of
//   norms[]      (optional) which pre-activations or messages are layer-normalised, in one, before
//                an equation reads them; their biases are added after that
//
// The functions are step(m, z, s), step(m, z, s, p) or step(m, z, s, p, q), as much as the cell
// needs: z[at<I>] is gate I, s[at<C>] old state C and behind the states the memories of the layer
// below, p[at<P>] a unit's parameter, q[at<0>] a message already computed. message(m, z, s) and
// message(m, z, s, p) likewise.
//
// `m` is the maths: `gate` (sigmoid unless the layer says otherwise), `activation` and
// `output_activation` (tanh unless the layer says otherwise), `sigmoid`, `tanh`, `relu`, `linear`,
// `exp`, `log_sigmoid`, `positive` (x + 1/2, below 0 sigmoid); `dropped_update` and `dropped_cell`
// mark where a layer's dropout may strike (on what is added to the state, and on the new cell).
// Numbers have + - * /, `mul_add(a, b, c)` for a b + c rounded once, `one_minus(a)`, `max(a, b)`
// and `where_zero(a, b, c)`: b where a is 0, else c.
//
// Rules, because forward records what each call on `m` returns and backward replays it:
//   * one call on `m` per named value: the order of two calls in one expression is unspecified;
//   * a pre-activation enters algebra only through `m` (m.linear(z) where no squashing is meant);
//     on its way there something may be added to it: m.gate(mul_add(p[at<I>], s[at<C>], z[at<I>]));
//   * no `if` on a value: every unit of a vector takes the same path.

/// What a pre-activation is a sum over: the input, the old hidden state, a message (`Q` is the
/// first), the input's own unit. `Raw` asks for as many inputs as units; where there are not, the
/// gate reads the input through a matrix, as with X.
enum Reads : int { X = 1, H = 2, Q = 4, Q1 = 8, Q2 = 16, Raw = 32 };

/// One pre-activation. Two gates that share a `row` are halves of one gate whose input part and
/// recurrent part the cell wants separately (reset-after GRU). A tied message's gate has no bias:
/// all of the row's stands in the half that reads the input, or else in the other one.
struct GateSpec {
  const char* name;
  int reads;  ///< a sum of Reads
  int row;    ///< block of the weight matrices it stands in, in files and in PyTorch's order
  bool biased = true;
};

/// A parameter of each unit. Drawn uniformly between `low` and `high`; with both 0, as the weights.
struct UnitSpec {
  const char* name;
  double low = 0, high = 0;
};

/// Layer normalisation (Ba et al. 2016) of `count` pre-activations from `first` on, all units of
/// all of them in one; or of the message `first`. Its gain and shift are parameters.
struct NormSpec {
  const char* name;
  int first, count;
  bool of_message = false;
};

/// A compile-time index: z[at<I>] is gate I, s[at<C>] is state C.
template <int K>
struct Index {};
template <int K>
inline constexpr Index<K> at{};

/// Several values: the new states in the order of the cell's states[] and the outputs behind them,
/// or the messages in the order of theirs.
template <class... Numbers>
struct Values;
template <>
struct Values<> {};
template <class A, class... Rest>
struct Values<A, Rest...> {
  A first;
  Values<Rest...> rest;
};
constexpr Values<> values() { return {}; }
template <class A, class... Rest>
constexpr Values<A, Rest...> values(const A& a, const Rest&... rest) {
  return {a, values(rest...)};
}
template <class... Numbers>
constexpr Values<Numbers...> next_states(const Numbers&... numbers) {
  return values(numbers...);
}
template <class... Numbers>
constexpr Values<Numbers...> messages_of(const Numbers&... numbers) {
  return values(numbers...);
}
