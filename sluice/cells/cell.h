// The contract of a cell. No include guard and no includes, here and in every file of this folder:
// the engine includes them inside a namespace of its own, once for each instruction set.
//
// A cell is a struct that declares
//   gates[]      its pre-activations: a name, what each reads, and its place in files
//   states[]     its states by name, h first
//   step         from pre-activations z and old states s to the new states
//   message      (optional) a value of this step that passes through the recurrent matrix before
//                `step` is evaluated; gates declared with `Q` read it
//
// `m` is the maths: `gate` (sigmoid unless the layer says otherwise), `activation` and
// `output_activation` (tanh unless the layer says otherwise), `sigmoid`, `tanh`, `relu`, `linear`.
// Numbers have + - *, `mul_add(a, b, c)` for a b + c rounded once, and `one_minus(a)`.
//
// Rules, because forward records what each call on `m` returns and backward replays it:
//   * one call on `m` per named value: the order of two calls in one expression is unspecified;
//   * a pre-activation enters algebra only through `m` (m.linear(z) where no squashing is meant);
//   * no `if` on a value: every unit of a vector takes the same path.

/// What a pre-activation is a sum over: the input, the old hidden state, the message.
enum Reads : int { X = 1, H = 2, Q = 4 };

/// One pre-activation. Two gates that share a `row` are halves of one gate whose input part and
/// recurrent part the cell wants separately (reset-after GRU).
struct GateSpec {
  const char* name;
  int reads;  ///< a sum of Reads
  int row;    ///< block of the weight matrices it stands in, in files and in PyTorch's order
};

/// A compile-time index: z[at<I>] is gate I, s[at<C>] is state C.
template <int K>
struct Index {};
template <int K>
inline constexpr Index<K> at{};

/// The new states, in the order of the cell's states[].
template <class... Values>
struct NextStates;
template <class A>
struct NextStates<A> {
  A first;
};
template <class A, class B>
struct NextStates<A, B> {
  A first;
  B second;
};
template <class A>
constexpr NextStates<A> next_states(const A& a) {
  return {a};
}
template <class A, class B>
constexpr NextStates<A, B> next_states(const A& a, const B& b) {
  return {a, b};
}
