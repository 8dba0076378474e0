#include "config/azure_keys.hpp"

#include <algorithm>
#include <array>

namespace tenfold::config {

namespace {

using enum ValueType;

constexpr AzureKey works(std::string_view path, ValueType type = kText, std::string_view choices = {}) {
  return {.path = path, .type = type, .here = Here::kWorks, .choices = choices};
}

constexpr AzureKey passed(std::string_view path, ValueType type = kText, std::string_view choices = {}) {
  return {.path = path, .type = type, .choices = choices};
}

constexpr AzureKey told(Gap gap, std::string_view path, ValueType type = kText, std::string_view choices = {},
                        std::string_view harmless = {}) {
  return {.path = path, .type = type, .here = Here::kTold, .gap = gap, .choices = choices, .harmless = harmless};
}

// Only Azure writes it.
constexpr AzureKey answer(std::string_view path) { return {.path = path, .type = kAny, .sent = Sent::kAnswer}; }

// Of another version than 2025-07-01.
constexpr AzureKey other(AzureKey key) {
  key.sent = Sent::kOther;
  return key;
}

constexpr AzureKey on_the_line(AzureKey key) {
  key.sent = Sent::kOnTheLine;
  return key;
}

constexpr auto kKeys = std::to_array<AzureKey>({
    // ---- the resource
    on_the_line(passed("name")),
    on_the_line(passed("type", kText, "Microsoft.App/containerApps")),
    on_the_line(passed("resourceGroup")),
    other(passed("apiVersion")),
    passed("location"),
    told(Gap::kKind, "kind", kText, "workflowapp|functionapp", "containerapp|containerapps"),
    passed("managedBy"),
    passed("tags", kTexts),
    passed("extendedLocation.name"),
    passed("extendedLocation.type", kText, "CustomLocation"),
    passed("identity.type", kText, "None|SystemAssigned|UserAssigned|SystemAssigned,UserAssigned"),
    passed("identity.userAssignedIdentities", kNames),
    answer("identity.principalId"),
    answer("identity.tenantId"),
    answer("id"),
    answer("systemData"),
    answer("etag"),
    answer("plan"),
    {.path = "resources[]", .type = kAny, .here = Here::kTold, .gap = Gap::kLogin, .sent = Sent::kOther},

    // ---- properties
    passed("properties.environmentId"),
    passed("properties.managedEnvironmentId"),
    passed("properties.workloadProfileName"),
    other(passed("properties.workloadProfileType")),
    other(passed("properties.kubeEnvironmentId")),
    other(passed("properties.patchingMode")),
    answer("properties.provisioningState"),
    answer("properties.deploymentErrors"),
    answer("properties.runningStatus"),
    answer("properties.latestRevisionName"),
    answer("properties.latestReadyRevisionName"),
    answer("properties.latestRevisionFqdn"),
    answer("properties.customDomainVerificationId"),
    answer("properties.outboundIpAddresses"),
    answer("properties.eventStreamEndpoint"),
    answer("properties.delegatedIdentities"),

    // ---- configuration
    passed("properties.configuration.activeRevisionsMode", kText, "Single|Multiple"),
    passed("properties.configuration.maxInactiveRevisions", kWhole),
    works("properties.configuration.secrets[].name"),
    works("properties.configuration.secrets[].value"),
    passed("properties.configuration.secrets[].keyVaultUrl"),
    passed("properties.configuration.secrets[].identity"),
    passed("properties.configuration.registries[].server"),
    passed("properties.configuration.registries[].username"),
    passed("properties.configuration.registries[].passwordSecretRef"),
    passed("properties.configuration.registries[].identity"),
    passed("properties.configuration.identitySettings[].identity"),
    passed("properties.configuration.identitySettings[].lifecycle", kText, "Init|Main|None|All"),
    told(Gap::kDapr, "properties.configuration.dapr.enabled", kBool, {}, "false"),
    passed("properties.configuration.dapr.appId"),
    passed("properties.configuration.dapr.appPort", kWhole),
    passed("properties.configuration.dapr.appProtocol", kText, "http|grpc"),
    passed("properties.configuration.dapr.httpReadBufferSize", kWhole),
    passed("properties.configuration.dapr.httpMaxRequestSize", kWhole),
    passed("properties.configuration.dapr.logLevel", kText, "info|debug|warn|error"),
    passed("properties.configuration.dapr.enableApiLogging", kBool),
    passed("properties.configuration.dapr.maxConcurrency", kWhole),
    passed("properties.configuration.dapr.appHealth.enabled", kBool),
    passed("properties.configuration.dapr.appHealth.path"),
    passed("properties.configuration.dapr.appHealth.probeIntervalSeconds", kWhole),
    passed("properties.configuration.dapr.appHealth.probeTimeoutMilliseconds", kWhole),
    passed("properties.configuration.dapr.appHealth.threshold", kWhole),
    passed("properties.configuration.runtime.java.enableMetrics", kBool),
    other(passed("properties.configuration.runtime.java.javaAgent", kAny)),
    other(passed("properties.configuration.runtime.dotnet", kAny)),
    told(Gap::kKind, "properties.configuration.service.type"),
    other(passed("properties.configuration.revisionTransitionThreshold", kWhole)),
    other(passed("properties.configuration.targetLabel")),

    // ---- ingress
    works("properties.configuration.ingress.targetPort", kWhole),
    passed("properties.configuration.ingress.external", kBool),
    passed("properties.configuration.ingress.allowInsecure", kBool),
    told(Gap::kProtocol, "properties.configuration.ingress.transport", kText, "auto|http|http2|tcp", "auto|http"),
    other(told(Gap::kProtocol, "properties.configuration.ingress.targetPortHttpScheme", kText, "http|https", "http")),
    told(Gap::kPorts, "properties.configuration.ingress.exposedPort", kWhole, {}, "0"),
    told(Gap::kPorts, "properties.configuration.ingress.additionalPortMappings[].external", kBool),
    told(Gap::kPorts, "properties.configuration.ingress.additionalPortMappings[].targetPort", kWhole),
    told(Gap::kPorts, "properties.configuration.ingress.additionalPortMappings[].exposedPort", kWhole),
    told(Gap::kTraffic, "properties.configuration.ingress.traffic[].weight", kWhole, {}, "100"),
    passed("properties.configuration.ingress.traffic[].latestRevision", kBool),
    passed("properties.configuration.ingress.traffic[].revisionName"),
    passed("properties.configuration.ingress.traffic[].label"),
    told(Gap::kSticky, "properties.configuration.ingress.stickySessions.affinity", kText, "sticky|none", "none"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.allowedOrigins[]"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.allowedMethods[]"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.allowedHeaders[]"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.exposeHeaders[]"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.maxAge", kWhole, {}, "0"),
    told(Gap::kCors, "properties.configuration.ingress.corsPolicy.allowCredentials", kBool, {}, "false"),
    told(Gap::kIpRules, "properties.configuration.ingress.ipSecurityRestrictions[].name"),
    told(Gap::kIpRules, "properties.configuration.ingress.ipSecurityRestrictions[].description"),
    told(Gap::kIpRules, "properties.configuration.ingress.ipSecurityRestrictions[].ipAddressRange"),
    told(Gap::kIpRules, "properties.configuration.ingress.ipSecurityRestrictions[].action", kText, "Allow|Deny"),
    told(Gap::kClientCertificates, "properties.configuration.ingress.clientCertificateMode", kText,
         "ignore|accept|require", "ignore"),
    told(Gap::kDomains, "properties.configuration.ingress.customDomains[].name"),
    told(Gap::kDomains, "properties.configuration.ingress.customDomains[].bindingType", kText,
         "Disabled|SniEnabled|Auto"),
    told(Gap::kDomains, "properties.configuration.ingress.customDomains[].certificateId"),
    answer("properties.configuration.ingress.fqdn"),

    // ---- template
    passed("properties.template.revisionSuffix"),
    works("properties.template.terminationGracePeriodSeconds", kWhole),
    works("properties.template.containers[].name"),
    works("properties.template.containers[].image"),
    works("properties.template.containers[].command[]"),
    works("properties.template.containers[].args[]"),
    works("properties.template.containers[].env[].name"),
    works("properties.template.containers[].env[].value"),
    works("properties.template.containers[].env[].secretRef"),
    works("properties.template.containers[].resources.cpu", kNumber),
    works("properties.template.containers[].resources.memory"),
    other(passed("properties.template.containers[].resources.ephemeralStorage")),
    other(passed("properties.template.containers[].resources.gpu", kNumber)),
    other(passed("properties.template.containers[].imageType")),
    told(Gap::kVolumes, "properties.template.containers[].volumeMounts[].volumeName"),
    told(Gap::kVolumes, "properties.template.containers[].volumeMounts[].mountPath"),
    told(Gap::kVolumes, "properties.template.containers[].volumeMounts[].subPath"),
    works("properties.template.containers[].probes[].type", kText, "Liveness|Readiness|Startup"),
    works("properties.template.containers[].probes[].httpGet.path"),
    works("properties.template.containers[].probes[].httpGet.port", kWhole),
    works("properties.template.containers[].probes[].httpGet.scheme", kText, "HTTP|HTTPS"),
    works("properties.template.containers[].probes[].httpGet.host"),
    works("properties.template.containers[].probes[].httpGet.httpHeaders[].name"),
    works("properties.template.containers[].probes[].httpGet.httpHeaders[].value"),
    works("properties.template.containers[].probes[].tcpSocket.port", kWhole),
    works("properties.template.containers[].probes[].tcpSocket.host"),
    works("properties.template.containers[].probes[].initialDelaySeconds", kWhole),
    works("properties.template.containers[].probes[].periodSeconds", kWhole),
    works("properties.template.containers[].probes[].timeoutSeconds", kWhole),
    works("properties.template.containers[].probes[].failureThreshold", kWhole),
    works("properties.template.containers[].probes[].successThreshold", kWhole),
    passed("properties.template.containers[].probes[].terminationGracePeriodSeconds", kWhole),
    works("properties.template.initContainers[].name"),
    works("properties.template.initContainers[].image"),
    works("properties.template.initContainers[].command[]"),
    works("properties.template.initContainers[].args[]"),
    works("properties.template.initContainers[].env[].name"),
    works("properties.template.initContainers[].env[].value"),
    works("properties.template.initContainers[].env[].secretRef"),
    passed("properties.template.initContainers[].resources.cpu", kNumber),
    passed("properties.template.initContainers[].resources.memory"),
    other(passed("properties.template.initContainers[].resources.ephemeralStorage")),
    other(passed("properties.template.initContainers[].resources.gpu", kNumber)),
    other(passed("properties.template.initContainers[].imageType")),
    told(Gap::kVolumes, "properties.template.initContainers[].volumeMounts[].volumeName"),
    told(Gap::kVolumes, "properties.template.initContainers[].volumeMounts[].mountPath"),
    told(Gap::kVolumes, "properties.template.initContainers[].volumeMounts[].subPath"),
    told(Gap::kVolumes, "properties.template.volumes[].name"),
    told(Gap::kVolumes, "properties.template.volumes[].storageType", kText, "AzureFile|EmptyDir|Secret|NfsAzureFile"),
    told(Gap::kVolumes, "properties.template.volumes[].storageName"),
    told(Gap::kVolumes, "properties.template.volumes[].mountOptions"),
    told(Gap::kVolumes, "properties.template.volumes[].secrets[].secretRef"),
    told(Gap::kVolumes, "properties.template.volumes[].secrets[].path"),
    told(Gap::kServices, "properties.template.serviceBinds[].serviceId"),
    told(Gap::kServices, "properties.template.serviceBinds[].name"),
    other(passed("properties.template.serviceBinds[].clientType")),
    other(passed("properties.template.serviceBinds[].customizedKeys", kAny)),
    other(passed("properties.template.customizedKeys", kAny)),
    other(told(Gap::kDapr, "properties.template.dapr", kAny)),

    // ---- scale
    works("properties.template.scale.minReplicas", kWhole),
    works("properties.template.scale.maxReplicas", kWhole),
    works("properties.template.scale.pollingInterval", kWhole),
    works("properties.template.scale.cooldownPeriod", kWhole),
    works("properties.template.scale.rules[].name"),
    works("properties.template.scale.rules[].http.metadata", kTexts),
    passed("properties.template.scale.rules[].http.auth[].secretRef"),
    passed("properties.template.scale.rules[].http.auth[].triggerParameter"),
    passed("properties.template.scale.rules[].http.identity"),
    works("properties.template.scale.rules[].tcp.metadata", kTexts),
    passed("properties.template.scale.rules[].tcp.auth[].secretRef"),
    passed("properties.template.scale.rules[].tcp.auth[].triggerParameter"),
    passed("properties.template.scale.rules[].tcp.identity"),
    works("properties.template.scale.rules[].custom.type"),
    works("properties.template.scale.rules[].custom.metadata", kTexts),
    told(Gap::kRules, "properties.template.scale.rules[].custom.auth[].secretRef"),
    told(Gap::kRules, "properties.template.scale.rules[].custom.auth[].triggerParameter"),
    told(Gap::kRules, "properties.template.scale.rules[].custom.identity"),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.accountName"),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.queueName"),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.queueLength", kWhole),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.auth[].secretRef"),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.auth[].triggerParameter"),
    told(Gap::kRules, "properties.template.scale.rules[].azureQueue.identity"),
});

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const AzureKey> azure_keys() { return kKeys; }

std::string_view sentence_of(Gap gap) {
  switch (gap) {
    case Gap::kVolumes:
      return "volumes are not mounted";
    case Gap::kServices:
      return "bound services are not there";
    case Gap::kSticky:
      return "sessions are not sticky";
    case Gap::kCors:
      return "no CORS headers are added";
    case Gap::kIpRules:
      return "IP rules are not applied";
    case Gap::kClientCertificates:
      return "client certificates are not asked for";
    case Gap::kLogin:
      return "nobody has to log in";
    case Gap::kDomains:
      return "custom domains are not served";
    case Gap::kProtocol:
      return "clients and replicas speak HTTP/1.1, without TLS";
    case Gap::kPorts:
      return "further ports are not opened";
    case Gap::kTraffic:
      return "traffic is not split: there is one revision";
    case Gap::kDapr:
      return "there is no Dapr";
    case Gap::kKind:
      return "it is run as a container app, whatever its kind or service";
    case Gap::kNone:
    case Gap::kSecrets:
    case Gap::kInitContainers:
    case Gap::kSidecars:
    case Gap::kProbes:
    case Gap::kRules:
    case Gap::kReplicas:
      break;
  }
  return "";
}

bool is_one_of(std::string_view word, std::string_view words) {
  while (!words.empty()) {
    const std::string_view one = words.substr(0, words.find('|'));
    words.remove_prefix(std::min(one.size() + 1, words.size()));
    if (std::ranges::equal(one, word, {}, lower, lower)) return true;
  }
  return false;
}

}  // namespace tenfold::config
