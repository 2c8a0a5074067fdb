# Turns a text file into a C++ source that holds it:
#   cmake -DINPUT=chart.min.js -DNAME=chart_js -DOUTPUT=chart_js.cpp -P embed.cmake
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Made from ${INPUT}; do not edit.
#include \"sluice/report/assets.h\"

namespace sluice::assets {

const std::string_view ${NAME} = R\"embedded(${text})embedded\";

}  // namespace sluice::assets
")
