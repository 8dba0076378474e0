#include "core/scale/policy.hpp"

#include "core/scale/aca.hpp"

namespace tenfold::core {

std::unique_ptr<ScalePolicy> make_policy(const ScaleSettings& settings) {
  switch (settings.policy) {
    case PolicyKind::kAca:
      break;
  }
  return std::make_unique<AcaPolicy>(settings.aca);
}

}  // namespace tenfold::core
