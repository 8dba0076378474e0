// What a change of the settings does to the memory of a policy.
#include <gtest/gtest.h>

#include "core/service.hpp"
#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::ServiceDriver;

Settings settings(PolicyKind policy) {
  Settings made;
  made.scale.min_replicas = 1;
  made.scale.max_replicas = 10;
  made.scale.policy = policy;
  made.scale.rules = {{.kind = RuleKind::kCustom, .target = 1, .keep = 1h}};
  return made;
}

// A service that asked for eight at its first look, and for one since.
void bring_to_a_peak(ServiceDriver& driver) {
  driver.start(1);
  driver.handle(MetricObserved{.rule = 0, .value = 8});
  driver.advance(30s);
  driver.handle(MetricObserved{.rule = 0, .value = 1});
  driver.advance(30s);
}

bool has_memory(const Checkpoint& checkpoint) {
  return checkpoint.aca.recommendations.size() + checkpoint.hpa.recommendations.size() > 1;
}

TEST(Reload, OfWhatIsNotThePolicysKeepsItsMemory) {
  for (const PolicyKind policy : {PolicyKind::kAca, PolicyKind::kHpa}) {
    Settings some = settings(policy);
    ServiceDriver driver{some};
    bring_to_a_peak(driver);
    const Checkpoint before = driver.service().save();
    ASSERT_TRUE(has_memory(before));
    some.replica.grace = 1s;
    some.replica.cpu = 2;
    some.machine.cores = 8;
    some.queue.max_waiting = 5;
    some.scale.max_replicas = 20;
    driver.handle(ConfigChanged{some});
    const Checkpoint after = driver.service().save();
    EXPECT_EQ(after.aca, before.aca);
    EXPECT_EQ(after.hpa, before.hpa);
  }
}

TEST(Reload, OfAParameterOfItsOwnBeginsAnew) {
  Settings some = settings(PolicyKind::kHpa);
  ServiceDriver driver{some};
  bring_to_a_peak(driver);
  some.scale.hpa.tolerance = 0.2;
  driver.handle(ConfigChanged{some});
  EXPECT_FALSE(has_memory(driver.service().save()));
}

}  // namespace
}  // namespace tenfold::core
