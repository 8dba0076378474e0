// Models for the built-in solver in MPS, LP and JSON: whatever the bytes, a model that fits together, or a reason.
#include <cmath>

#include "fuzz.hpp"
#include "solver/check_model.hpp"
#include "solver/json_model.hpp"
#include "solver/lp_reader.hpp"
#include "solver/mps_reader.hpp"
#include "solver/text.hpp"

namespace {

using namespace tenfold::solver;

constexpr std::size_t kMaxShown = 4 * kShownCharacters;  // bytes

void require_sense(const ModelError& error, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n') + std::ranges::count(text, '\r')) + 1;
  fuzz_require(!error.what.empty() && is_utf8(error.what));
  fuzz_require(error.line <= lines && error.text.size() <= kMaxShown && is_utf8(error.text));
}

void require_sense(const Columns& matrix, std::size_t rows, std::size_t columns) {
  fuzz_require(matrix.start.size() == columns + 1 && matrix.index.size() == matrix.value.size());
  fuzz_require(matrix.start.back() == static_cast<int>(matrix.index.size()));
  for (std::size_t k = 0; k < matrix.index.size(); ++k) {
    fuzz_require(matrix.index[k] >= 0 && static_cast<std::size_t>(matrix.index[k]) < rows);
    fuzz_require(std::isfinite(matrix.value[k]) && matrix.value[k] != 0);
  }
}

void require_sense(Model model, std::string_view text) {
  const std::size_t columns = model.columns.size();
  const std::size_t rows = model.rows.size();
  const auto checked = check_model(std::move(model));
  if (!checked) return require_sense(checked.error(), text);
  require_sense(checked->matrix, rows, columns);
  if (!checked->hessian.start.empty()) require_sense(checked->hessian, columns, columns);
  for (const Column& column : checked->model.columns) fuzz_require(!column.name.empty() && std::isfinite(column.cost));
}

template <class Read>
void require_sense(const Read& read, std::string_view text) {
  if (read) return require_sense(*read, text);
  require_sense(read.error(), text);
}

void read_json(std::string_view text) {
  std::vector<tenfold::json::FieldError> errors;
  JsonModel read = read_json_model(text, errors);
  fuzz_require(errors.size() <= tenfold::json::kMaxErrors + 1);
  if (errors.empty()) require_sense(std::move(read.model), text);
}

}  // namespace

// The first byte says the format.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] == 'j') {
    read_json(text);
    return 0;
  }
  if (!is_utf8(text)) text = from_latin1(text);
  if (data[0] == 'm') {
    require_sense(read_mps(text), text);
  } else {
    require_sense(read_lp(text), text);
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "mNAME T\nOBJSENSE\n MAX\nROWS\n N o\n L c\n E d\nCOLUMNS\n M 'MARKER' 'INTORG'\n x o 1 c 1\n N 'MARKER' "
      "'INTEND'\n y o 1 d 2.5D0\nRHS\n S c 5 d 4\nRANGES\n R c 2\nBOUNDS\n UP B x 3\n FR B y\nENDATA\n",
      "mNAME\nROWS\n N  MY COST\n G  LIM ONE\nCOLUMNS\n    X ONE     MY COST            1.0   LIM ONE            1.0\n"
      "RHS\n    RHS       LIM ONE            5.0\nENDATA\n",
      "mNAME T\nROWS\n N o\nCOLUMNS\n x o -4\n y o 1\nQUADOBJ\n x x 2\n x y 1\n y y 2\nENDATA\n",
      "lmin\n obj: 3 x + 2y - [ x ^ 2 + 2 x * y ] / 2 + 5\nst\n c: 1 <= x + y <= 4\n x - y >= -2\nbounds\n -1 <= x <= "
      "4\n"
      " y free\ngeneral\n x\nbinary\n y\nsemi-continuous\n x\nend\n",
      "lmax x[1,2] st x[1,2] =< 1e30 end \\ all in one line",
      "j{\"sense\":\"max\",\"columns\":[{\"name\":\"x\",\"cost\":3,\"upper\":4},{\"type\":\"integer\"}],\"rows\":[{"
      "\"lower\":1}],"
      "\"matrix\":{\"rows\":[0,0],\"columns\":[0,1],\"values\":[1,2]},\"hessian\":{\"rows\":[0],\"columns\":[0],"
      "\"values\":"
      "[-1]},\"options\":{\"time_limit\":5}}",
  };
}
