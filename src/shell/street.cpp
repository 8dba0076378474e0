#include "shell/street.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <malloc.h>

#include "check/invariants.hpp"
#include "http/server.hpp"
#include "journal/memory_disk.hpp"
#include "journal/replay.hpp"
#include "live/admin.hpp"
#include "live/clock.hpp"
#include "live/ingress.hpp"
#include "live/journal_observer.hpp"
#include "report/story.hpp"
#include "shell/client.hpp"
#include "shell/memory_net.hpp"
#include "shell/street_provider.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;
using http::Endpoint;

// Nobody is kept from being served for longer by what one turn of the loop does.
constexpr Duration kLongestTurn = 20ms;

// What the process may take beyond what it took at the start. All buffers of a street's clients fit several times.
constexpr std::size_t kMostMemory = std::size_t{512} << 20;

// Clients have come to their end by then, time-outs of the service included.
constexpr Duration kHealing = 400s;

const std::filesystem::path kJournal{"/journal"};

// Every observer of the street sees every step.
class Watch final : public live::Observer {
 public:
  Watch(VirtualLoop& loop, const core::Settings& settings, Ledger& ledger, const StreetOptions& options)
      : ledger_{ledger}, options_{options}, invariants_{settings} {
    journal::WriterOptions writing;
    writing.wake = [this, &loop] { write_soon(loop); };
    writing.on_trouble = [](const std::string&) {};
    writing.unix_time_at_zero = [] { return std::int64_t{0}; };
    writing.file_bytes = std::size_t{256} << 10;
    writing.files = 10'000;
    auto writer = journal::Writer::open(disk_, kJournal, std::move(writing));
    if (!writer) {
      ledger_.broken("the journal cannot be opened: " + writer.error());
      return;
    }
    writer_ = std::move(*writer);
    journal_.write_to(*writer_);
  }

  journal::Writer& writer() { return *writer_; }
  journal::MemoryDisk& disk() { return disk_; }
  std::uint64_t arrivals() const { return arrivals_; }
  std::uint64_t rejections() const { return rejections_; }

  void stepping(const core::Service& service) override { journal_.stepping(service); }
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override {
    journal_.stepped(now, event, actions, service);
    if (options_.on_step) options_.on_step(now, event, actions);
    arrivals_ += std::holds_alternative<core::RequestArrived>(event) ? 1 : 0;
    for (const core::Action& action : actions) rejections_ += std::holds_alternative<core::Reject>(action) ? 1 : 0;
    if (const auto broken = invariants_.step(now, event, actions, service.view())) ledger_.broken(*broken);
  }
  void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) override {
    journal_.class_named(now, klass, name);
  }
  void request_arrived(core::TimePoint now, core::RequestId request, const http::ServerConnection& client) override {
    journal_.request_arrived(now, request, client);
  }
  void request_ended(core::TimePoint now, core::RequestId request, const live::ExchangeFacts& facts) override {
    journal_.request_ended(now, request, facts);
  }
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const live::ReplicaAddress& address) override {
    journal_.replica_ready(now, replica, address);
  }
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const live::ReplicaExit& exit) override {
    journal_.replica_exited(now, replica, exit);
  }

 private:
  void write_soon(VirtualLoop& loop) {
    if (std::exchange(is_writing_, true)) return;
    loop.post([this, &loop] { write(loop); });
  }
  void write(VirtualLoop& loop) {
    is_writing_ = false;
    const core::TimePoint again = writer_->write_pending(live::now(loop));
    if (again == core::kNever || std::exchange(is_writing_, true)) return;
    loop.at(live::to_loop_time(again), [this, &loop] { write(loop); });
  }

  Ledger& ledger_;
  const StreetOptions& options_;
  check::Invariants invariants_;
  journal::MemoryDisk disk_;
  std::unique_ptr<journal::Writer> writer_;
  live::JournalObserver journal_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t rejections_ = 0;
  bool is_writing_ = false;
};

class Street final : private live::IngressEvents {
 public:
  explicit Street(const StreetOptions& options)
      : options_{options},
        random_{options.seed, 3},
        loop_{options.seed},
        is_lawful_{random_.below(2) == 0},
        kind_{static_cast<std::size_t>(random_.below(kLawfulHabits.size()))},
        fabric_{loop_, options.seed, random_weather()},
        service_{fabric_, true, descriptor_limit()},
        world_{fabric_, false, 0} {
    loop_.use(service_);
    start_ = loop_.now();
    end_ = start_ + options_.duration;
    const live::IngressOptions ingress_options = random_ingress_options();
    watch_.emplace(loop_, ingress_options.settings, ledger_, options_);
    live::IngressEvents& events = *this;
    ingress_.emplace(loop_, ingress_options, events, &*watch_);
    admin_.emplace(*ingress_, &watch_->writer());
    server_.emplace(loop_, *ingress_, http::Limits{}, &ingress_->memory());
    admin_server_.emplace(loop_, *admin_, http::Limits{});
    provider_.emplace(loop_, world_, ledger_, *ingress_,
                      StreetProviderOptions{.slots = ingress_options.settings.replica.concurrency,
                                            .is_lawful = is_lawful_,
                                            .kind = kind_,
                                            .is_unix = random_.below(2) == 0,
                                            .seed = options.seed});
  }

  StreetResult run() {
    const auto front = server_->listen(Endpoint::tcp("10.0.0.1", 80));
    const auto admin = admin_server_->listen(Endpoint::tcp("127.0.0.1", 9900));
    if (!front || !admin) ledger_.broken("the service cannot listen");
    memory_at_start_ = mallinfo2().uordblks;
    ingress_->start(*provider_);
    plan_clients();
    while (ledger_.what_broke().empty() && loop_.step(end_ + kHealing) && !(loop_.now() > end_ && is_calm())) look();
    if (ledger_.what_broke().empty()) look_at_calm();
    shut_down();
    return result();
  }

 private:
  // ---- what kind of street it is

  Weather random_weather() {
    constexpr std::array<Duration, 4> kLatency{0ms, 0ms, 1ms, 20ms};
    constexpr std::array<std::uint32_t, 3> kShort{0, 8, 2};
    constexpr std::array<std::size_t, 3> kBuffer{std::size_t{4} << 10, std::size_t{64} << 10, std::size_t{1} << 20};
    return {.latency = kLatency[random_.below(4)],
            .short_io = kShort[random_.below(3)],
            .buffer_bytes = kBuffer[random_.below(3)],
            .slow_connect = is_lawful_ ? 0U : 50U};
  }

  std::size_t descriptor_limit() { return !is_lawful_ && random_.below(4) == 0 ? 40 : 10'000; }

  live::IngressOptions random_ingress_options() {
    constexpr std::array<Duration, 3> kTimeouts{1s, 5s, 30s};
    live::IngressOptions made;
    made.request_timeout = kTimeouts[random_.below(3)];
    core::Settings& settings = made.settings;
    settings.scale.min_replicas = static_cast<std::uint32_t>(random_.below(3));
    settings.scale.max_replicas = settings.scale.min_replicas + 1 + static_cast<std::uint32_t>(random_.below(5));
    settings.scale.policy = static_cast<core::PolicyKind>(random_.below(core::kPolicyKinds));
    settings.scale.knative.stable_window = 6s;
    settings.scale.aca.scale_down_stabilization = 15s;
    const bool is_sequential = kLawfulHabits[kind_].is_sequential;
    settings.replica.concurrency = is_sequential ? 1 : 1 + static_cast<std::uint32_t>(random_.below(4));
    settings.replica.grace = 2s;
    settings.replica.start_timeout = 5s;
    settings.queue.max_waiting = random_.below(3) == 0 ? 5 : 500;
    settings.queue.order = random_.below(2) == 0 ? core::QueueOrder::kFifo : core::QueueOrder::kShortest;
    return made;
  }

  // ---- clients

  void plan_clients() {
    // Some at round instants, so that events tie, and bursts of many in one.
    for (auto at = start_ + 1s; at < end_; at += std::chrono::milliseconds{100 * (1 + random_.below(15))}) {
      const std::uint64_t many = random_.below(12) == 0 ? 30 : 1 + random_.below(3);
      loop_.at(at, [this, many] {
        for (std::uint64_t i = 0; i < many; ++i) come();
      });
    }
    if (is_lawful_) return;
    for (int i = 0; i < 3; ++i)
      loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)}, [this] { provider_->kill_one(); });
    loop_.at(end_, [this] { provider_->heal(); });
  }

  void come() {
    ClientOptions options{.manner = static_cast<Manner>(random_.below(kManners)),
                          .requests = 1 + static_cast<std::uint32_t>(random_.below(4)),
                          .is_large = random_.below(6) == 0,
                          .seed = random_.bits()};
    if (options.manner == Manner::kFlooding && random_.below(4) != 0) options.manner = Manner::kPlain;
    const bool is_for_admin = options.manner == Manner::kFlooding;
    auto stream = world_.open(is_for_admin ? Endpoint::tcp("127.0.0.1", 9900) : Endpoint::tcp("10.0.0.1", 80));
    clients_.push_back(std::make_unique<Client>(loop_, std::move(stream), ledger_, counts_, options));
  }

  // ---- what must hold

  void look() {
    if (loop_.longest_turn() > kLongestTurn)
      ledger_.broken("a turn of the loop took " + std::to_string(loop_.longest_turn() / 1us) +
                     " us: all others waited");
    if (loop_.steps() % 256 != 0) return;
    const std::size_t taken = mallinfo2().uordblks;
    if (taken > memory_at_start_ + kMostMemory)
      ledger_.broken("memory grew by " + std::to_string((taken - memory_at_start_) >> 20) + " MiB");
  }

  bool is_calm() const {
    const core::ServiceView view = ingress_->view();
    return std::ranges::all_of(clients_, [](const auto& client) { return client->is_done(); }) &&
           server_->connection_count() == 0 && admin_server_->connection_count() == 0 && view.waiting == 0 &&
           view.running == 0 && ingress_->open_exchanges() == 0;
  }

  // Everything has had its time: nothing may be taken any more.
  void look_at_calm() {
    for (const auto& client : clients_) {
      if (!client->is_done() && client->waiting() > 0)
        return ledger_.broken("a client still waits for " + std::to_string(client->waiting()) + " answers (manner " +
                              std::to_string(static_cast<int>(client->manner())) + ")");
    }
    const core::ServiceView view = ingress_->view();
    if (server_->connection_count() > 0)
      return ledger_.broken(std::to_string(server_->connection_count()) + " connections of clients are left");
    if (view.running > 0 || view.waiting > 0)
      return ledger_.broken(std::to_string(view.running) + " slots are taken and " + std::to_string(view.waiting) +
                            " requests wait, and nobody is there");
    if (ingress_->open_exchanges() > 0)
      return ledger_.broken(std::to_string(ingress_->open_exchanges()) + " exchanges are left");
    if (loop_.timers() > 8) ledger_.broken(std::to_string(loop_.timers()) + " timers are left");
    const std::uint64_t undeserved = counts_.told_500 + counts_.told_502;
    if (is_lawful_ && undeserved > 0)
      ledger_.broken(std::to_string(undeserved) + " requests were told 500 or 502 on a lawful street");
  }

  void shut_down() {
    if (!ledger_.what_broke().empty()) return;
    const auto idle = fabric_.descriptors();
    server_->drain();
    ingress_->shut_down();
    const auto end = loop_.now() + 60s;
    while (ledger_.what_broke().empty() && ingress_->view().ready + ingress_->view().stopping > 0 && loop_.step(end))
      look();
    if (!ingress_->replicas().empty()) ledger_.broken("replicas outlive the shutdown");
    if (fabric_.descriptors() > 0)
      ledger_.broken(std::to_string(fabric_.descriptors()) + " descriptors are left of " + std::to_string(idle));
    if (ledger_.what_broke().empty()) look_at_journal();
  }

  void look_at_journal() {
    watch_->writer().finish();
    const auto replayed = journal::replay(kJournal, watch_->disk());
    if (!replayed) return ledger_.broken("the journal cannot be replayed: " + replayed.error());
    if (!replayed->difference.empty()) return ledger_.broken("the journal replays otherwise: " + replayed->difference);
    const auto story = report::tell(kJournal, watch_->disk());
    if (!story) return ledger_.broken("the journal tells no story: " + story.error());
    std::uint64_t rejects = 0;
    for (const std::uint64_t count : ingress_->counters().rejects) rejects += count;
    if (rejects != watch_->rejections())
      ledger_.broken("the metrics count " + std::to_string(rejects) + " rejections, the journal " +
                     std::to_string(watch_->rejections()));
    if (story->records_lost == 0 && story->requests != watch_->arrivals())
      ledger_.broken("the story has " + std::to_string(story->requests) + " requests, the service had " +
                     std::to_string(watch_->arrivals()));
  }

  StreetResult result() const {
    return {.broken = ledger_.what_broke(),
            .broken_at = loop_.now() - start_,
            .street = std::string{kLawfulHabits[kind_].name} + (is_lawful_ ? ", lawful" : ", unlawful"),
            .turns = loop_.steps(),
            .requests = counts_.sent,
            .answered = counts_.answered,
            .told = counts_.told,
            .closed = counts_.closed,
            .clients = clients_.size(),
            .starts = provider_->starts(),
            .deaths = provider_->deaths(),
            .longest_turn = loop_.longest_turn()};
  }

  void replica_became_ready(core::ReplicaId, const live::ReplicaInfo&) override {}
  void replica_ended(core::ReplicaId, const live::ReplicaExit&, bool) override {}
  void decided(const core::RecordDecision&) override {}
  void answer_refused(core::ReplicaId, std::string_view) override {}

  const StreetOptions& options_;
  sim::Random random_;
  VirtualLoop loop_;
  bool is_lawful_;
  std::size_t kind_;
  Fabric fabric_;
  Host service_;
  Host world_;
  Ledger ledger_;
  ClientCounts counts_;
  http::Loop::TimePoint start_;
  http::Loop::TimePoint end_;
  std::optional<Watch> watch_;
  std::optional<live::Ingress> ingress_;
  std::optional<live::Admin> admin_;
  std::optional<http::Server> server_;
  std::optional<http::Server> admin_server_;
  std::optional<StreetProvider> provider_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t memory_at_start_ = 0;
};

}  // namespace

StreetResult run_street(const StreetOptions& options) { return std::make_unique<Street>(options)->run(); }

}  // namespace tenfold::shell
