#include "core/scale/policy.hpp"

#include "core/scale/aca.hpp"
#include "core/scale/hpa.hpp"
#include "core/scale/knative.hpp"
#include "core/scale/per_request.hpp"
#include "core/scale/slo.hpp"

namespace tenfold::core {

std::unique_ptr<ScalePolicy> make_policy(const Settings& settings) {
  switch (settings.scale.policy) {
    case PolicyKind::kSlo:
      return std::make_unique<SloPolicy>(settings);
    case PolicyKind::kHpa:
      return std::make_unique<HpaPolicy>(settings);
    case PolicyKind::kKnative:
      return std::make_unique<KnativePolicy>(settings);
    case PolicyKind::kPerRequest:
      return std::make_unique<PerRequestPolicy>(settings);
    case PolicyKind::kAca:
      break;
  }
  return std::make_unique<AcaPolicy>(settings);
}

}  // namespace tenfold::core
