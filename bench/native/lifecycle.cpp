// A service of the SDK that loads $MIB MiB once. GET /quick answers at once, GET /hold keeps its slot, GET /wait holds
// it for 100 ms.
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include <tenfold/service.hpp>

int main() {
  using namespace std::chrono_literals;
  std::vector<char> model;
  tenfold::Service service;
  service.before_fork([&] {
    const char* mib = std::getenv("MIB");
    model.assign(std::strtoul(mib ? mib : "0", nullptr, 10) << 20, 'm');
  });
  const auto holder = [](auto time) {
    return [time](const tenfold::Request&, std::stop_token) {
      std::this_thread::sleep_for(time);
      return tenfold::Answer{.body = "{}"};
    };
  };
  service.get("/quick", holder(0ms));
  service.get("/wait", holder(100ms));
  service.get("/hold", holder(1h));
  return service.serve();
}
