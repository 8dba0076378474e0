// What the parts of an app are told of its configuration.
#pragma once

#include "config/app_config.hpp"
#include "http/limits.hpp"
#include "live/ingress.hpp"
#include "live/provider/process_provider.hpp"

namespace tenfold::live {

// The configuration with what the machine has, and without what it lacks.
config::AppConfig with_machine(config::AppConfig config);

// The concurrency that replicas are told: while Tenfold measures it, more than they will get.
std::uint32_t told_concurrency(const config::AppConfig& config);

ReplicaSpec replica_spec(const config::AppConfig& config);
ProcessOptions process_options(const config::AppConfig& config, Console& console, SaidLines& lines);
IngressOptions ingress_options(const config::AppConfig& config);

// As many connections as the limit of open files allows, which `http::raise_descriptor_limit` makes the hard one.
http::Limits client_limits(const config::AppConfig& config);

}  // namespace tenfold::live
