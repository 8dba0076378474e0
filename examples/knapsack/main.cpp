// Which items to take: a knapsack by dynamic programming, served at POST /solve.
//
//   tenfold up -- build/release/examples/knapsack

#include <tenfold/typed.hpp>

struct Item {
  std::string name;
  unsigned weight;
  double value;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, weight, value))

struct Problem {
  unsigned capacity;
  std::vector<Item> items;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (capacity, items))

struct Plan {
  double value;
  std::vector<std::string> take;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (value, take))

Plan solve(const Problem& problem, std::stop_token stop) {
  std::vector<Plan> best(problem.capacity + 1);  // by weight
  for (const Item& item : problem.items) {
    for (std::size_t w = best.size() - 1; w >= item.weight && w < best.size() && !stop.stop_requested(); --w) {
      const Plan& before = best[w - item.weight];
      if (before.value + item.value <= best[w].value) continue;
      best[w] = {before.value + item.value, before.take};
      best[w].take.push_back(item.name);
    }
  }
  return best.back();
}

int main() { return tenfold::serve(solve); }
