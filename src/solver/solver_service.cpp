#include "solver/solver_service.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <tenfold/json.hpp>
#include <zlib.h>

#include "solver/find_error.hpp"
#include "solver/highs.hpp"
#include "solver/json_model.hpp"
#include "solver/options.hpp"

namespace tenfold::solver {

namespace {

// A compressed body may be this large when it is unpacked.
constexpr std::size_t kMaxInflated = std::size_t{512} << 20;

enum class Format : std::uint8_t { kMps, kLp, kJson };

std::expected<std::string, std::string> inflate_gzip(std::string_view packed) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) return std::unexpected("the body cannot be unpacked: zlib has no memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 64 << 10> block{};
  int status = Z_OK;
  while (status == Z_OK && out.size() <= kMaxInflated) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
  }
  const auto at = packed.size() - stream.avail_in;
  inflateEnd(&stream);
  if (out.size() > kMaxInflated) return std::unexpected("the body is larger than 512 MiB when it is unpacked");
  if (status != Z_STREAM_END)
    return std::unexpected(fmt::format("the body is no whole gzip stream: it breaks at byte {}", at));
  return out;
}

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

// What the first bytes look like. MPS has the least of a shape of its own, so it is what is left.
Format sniff(std::string_view body) {
  while (!body.empty()) {
    body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
    if (!body.starts_with('\\')) break;
    body.remove_prefix(std::min(body.find('\n'), body.size()));
  }
  if (body.starts_with('{') || body.starts_with('[')) return Format::kJson;
  const std::string word = lower(body.substr(0, std::min(body.find_first_of(" \t\r\n:"), body.size())));
  constexpr std::array<std::string_view, 6> kSenses{"min", "max", "minimize", "maximize", "minimise", "maximise"};
  return std::ranges::find(kSenses, word) != kSenses.end() ? Format::kLp : Format::kMps;
}

Format format_of(const Request& request, std::string_view body) {
  const std::string type = lower(request.header("content-type").value_or(""));
  if (type.find("json") != std::string::npos) return Format::kJson;
  if (type.find("mps") != std::string::npos) return Format::kMps;
  if (type.find("lp") != std::string::npos) return Format::kLp;
  return sniff(body);
}

Answer invalid(const std::vector<json::FieldError>& errors) { return {.status = 422, .body = json::to_detail(errors)}; }

Answer invalid_file(const FileError& found, FileFormat format, std::string_view log) {
  const std::string_view name = format == FileFormat::kMps ? "MPS" : "LP";
  boost::json::array loc{"body"};
  std::string msg = fmt::format("The body is no {} model", name);
  if (found.line > 0) {
    loc.emplace_back(found.line);
    msg += fmt::format(": line {}: {}", found.line, found.what);
  } else {
    msg += fmt::format(": {}", log.empty() ? "HiGHS does not read it" : log);
  }
  return invalid(
      {{.type = "model_invalid", .loc = std::move(loc), .msg = std::move(msg), .input = json::Value(found.text)}});
}

// The query's word goes before the body's.
Options merge(Options query, const std::optional<Options>& body) {
  if (!body) return query;
  if (!query.time_limit) query.time_limit = body->time_limit;
  if (!query.mip_rel_gap) query.mip_rel_gap = body->mip_rel_gap;
  if (!query.threads) query.threads = body->threads;
  if (!query.seed) query.seed = body->seed;
  return query;
}

}  // namespace

Answer solve_request(const Request& request, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<json::FieldError> errors;
  Options options = read_query(request.query, errors);
  if (!errors.empty()) return invalid(errors);

  std::string unpacked;
  std::string_view body = request.body;
  const std::string encoding = lower(request.header("content-encoding").value_or("identity"));
  if (encoding == "gzip") {
    auto inflated = inflate_gzip(body);
    if (!inflated) return problem(400, inflated.error());
    unpacked = std::move(*inflated);
    body = unpacked;
  } else if (encoding != "identity") {
    return problem(415, fmt::format("the content coding '{}' is not known here; send gzip or none", encoding));
  }
  if (body.empty()) return problem(400, "the body is empty; send a model as MPS, LP or JSON");

  Highs highs;
  const Format format = format_of(request, body);
  if (format == Format::kJson) {
    const JsonModel model = read_json_model(body, errors);
    if (!errors.empty()) return invalid(errors);
    if (const auto read = highs.read(model); !read) return problem(422, read.error());
    options = merge(options, model.options);
  } else {
    const FileFormat file_format = format == Format::kMps ? FileFormat::kMps : FileFormat::kLp;
    const auto read = highs.read(body, file_format);
    if (!read || (format == Format::kMps && highs.has_warned())) {
      const FileError found = file_format == FileFormat::kMps ? find_mps_error(body) : find_lp_error(body);
      if (!read || found.line > 0) return invalid_file(found, file_format, read ? "" : read.error());
    }
  }
  const double read_s = std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
  Result result = highs.solve(options, std::move(stop));
  result.times.read_s = read_s;
  return {.body = json::to_text(json::to_value(result)) + "\n"};
}

int run_solver_service() {
  Service service;
  service.post("/solve", solve_request);
  return service.serve();
}

}  // namespace tenfold::solver
