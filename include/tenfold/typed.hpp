// A function from one struct to another, served as FastAPI would serve it.
//
//   struct Problem { double capacity; std::vector<Item> items; };
//   BOOST_DESCRIBE_STRUCT(Problem, (), (capacity, items))
//
//   Plan solve(const Problem& problem, std::stop_token stop) { ... }
//   int main() { return tenfold::serve(solve); }                     // POST /solve
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <tenfold/json.hpp>
#include <tenfold/service.hpp>

namespace tenfold {

// Makes a handler of a typed function: the body is read into `In`, what does not fit is answered 422 with the place of
// each error, and the result is the answer's JSON.
template <class Out, class In>
Handler typed(Out (*solve)(const In&, std::stop_token)) {
  return [solve](const Request& request, std::stop_token stop) -> Answer {
    std::vector<json::FieldError> errors;
    const auto value = json::parse(request.body, errors);
    In input{};
    if (value) {
      json::Reader reader{"body"};
      reader.read(*value, input);
      errors = reader.errors();
    }
    if (!errors.empty()) return {.status = 422, .body = json::to_detail(errors)};
    return {.body = json::to_text(json::to_value(solve(input, std::move(stop))))};
  };
}

// Serves `solve` at POST /solve, until the replica is told to end. Returns the exit code.
template <class Out, class In>
int serve(Out (*solve)(const In&, std::stop_token)) {
  Service service;
  service.post("/solve", typed(solve));
  return service.serve();
}

}  // namespace tenfold
