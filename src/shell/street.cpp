#include "shell/street.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <malloc.h>

#include "http/server.hpp"
#include "journal/replay.hpp"
#include "live/admin.hpp"
#include "live/ingress.hpp"
#include "report/story.hpp"
#include "shell/client.hpp"
#include "shell/inspector.hpp"
#include "shell/memory_net.hpp"
#include "shell/street_console.hpp"
#include "shell/street_plan.hpp"
#include "shell/street_provider.hpp"
#include "shell/watch.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;
using http::Endpoint;

// Nobody is kept from being served for longer by what one connection does in its turn.
constexpr Duration kLongestTurn = 2ms;

// What the service holds for a connection beside what it takes from its budget: buffers of both its sides, and an
// answer of its own.
constexpr std::size_t kMemoryOfConnection = std::size_t{256} << 10;
// What it keeps when nobody is there, and what the street itself does not account for.
constexpr std::size_t kOwnMemory = std::size_t{6} << 20;

// Who waits at the door waits no longer while somebody idles inside, and nobody waits for an answer for so much longer
// than the service gives itself.
constexpr Duration kPatience = 10s;

// Clients have come to their end by then, time-outs of the service included.
constexpr Duration kHealing = 400s;

constexpr std::uint64_t kLookEvery = 1024;  // turns

const Endpoint& front_door() {
  static const Endpoint endpoint = Endpoint::tcp("10.0.0.1", 80);
  return endpoint;
}
const Endpoint& admin_door() {
  static const Endpoint endpoint = Endpoint::tcp("127.0.0.1", 9900);
  return endpoint;
}

std::size_t taken_memory() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

class Street final : private live::Observer {
 public:
  explicit Street(const StreetOptions& options)
      : options_{options},
        random_{options.seed, 3},
        plan_{draw_plan(random_)},
        loop_{options.seed},
        fabric_{loop_, options.seed, plan_.weather},
        service_{fabric_, true, plan_.descriptor_limit},
        world_{fabric_, false, 0},
        console_{loop_, ledger_, plan_.reader_rests} {
    loop_.use(service_);
    start_ = loop_.now();
    end_ = start_ + options_.duration;
    watch_.emplace(loop_, plan_.ingress.settings, plan_.disk, ledger_, options_.on_step);
    loop_.at(end_, [this] { heal(); });
    board_.emplace(plan_.ingress.settings);
    ingress_.emplace(loop_, plan_.ingress, live::Observers{&*watch_, this, &*board_});
    admin_.emplace(
        loop_,
        live::AdminSources{
            .ingress = *ingress_, .board = *board_, .lines = said_, .writer = &watch_->writer(), .app = "street"});
    server_.emplace(loop_, *ingress_, plan_.limits, &ingress_->memory());
    admin_server_.emplace(loop_, *admin_, http::Limits{});
    provider_.emplace(loop_, world_, ledger_, *ingress_,
                      StreetProviderOptions{.slots = plan_.ingress.settings.replica.concurrency,
                                            .is_lawful = plan_.is_lawful,
                                            .comes_whole = plan_.is_roomy,
                                            .kind = plan_.kind,
                                            .is_unix = plan_.is_unix,
                                            .seed = options.seed});
  }

  StreetResult run() {
    const auto front = server_->listen(front_door());
    const auto admin = admin_server_->listen(admin_door());
    if (!front || !admin) ledger_.broken("the service cannot listen");
    memory_at_start_ = taken_memory();
    ingress_->start(*provider_);
    plan_clients();
    while (ledger_.what_broke().empty() && loop_.step(end_ + kHealing) && !(loop_.now() > end_ && is_calm())) look();
    if (ledger_.what_broke().empty()) look_at_calm();
    if (ledger_.what_broke().empty()) inspect(true);
    const auto is_over = [this] { return is_compared_ && admin_server_->connection_count() == 0; };
    while (ledger_.what_broke().empty() && !is_over() && loop_.step(end_ + 2 * kHealing)) look();
    shut_down();
    return result();
  }

 private:
  // ---- clients

  void plan_clients() {
    // Some at round instants, so that events tie, and bursts of many in one.
    for (auto at = start_ + 1s; at < end_; at += std::chrono::milliseconds{100 * (1 + random_.below(15))}) {
      const std::uint64_t many = random_.below(12) == 0 ? 30 : 1 + random_.below(3);
      loop_.at(at, [this, many] {
        for (std::uint64_t i = 0; i < many; ++i) come(draw_client());
      });
    }
    for (int i = 0; i < 3; ++i)
      loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)}, [this] { inspect(false); });
    if (random_.below(3) == 0) plan_crowd();
    for (int i = 0; i < 2; ++i)
      loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)},
               [this] { provider_->fail_readiness_of_one(); });
    for (int i = 0; i < 2; ++i)
      loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)}, [this] { deploy(); });
    if (plan_.is_lawful) return;
    loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)},
             [this] { provider_->fail_liveness_of_one(); });
    for (int i = 0; i < 3; ++i)
      loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)}, [this] { provider_->kill_one(); });
    loop_.at(start_ + std::chrono::milliseconds{100 * random_.below(300)}, [this] { provider_->silence_one(); });
  }

  // Other replicas, from now on.
  void deploy() {
    plan_.ingress.replica.revision_name = "street--" + std::to_string(++deployed_);
    ingress_->reconfigure(plan_.ingress);
  }

  void heal() {
    watch_->heal();
    fabric_.heal();
    if (!plan_.is_lawful) provider_->heal();
  }

  // Many who want the same at once, and much of it: to send slowly, to read slowly or never, or to idle.
  void plan_crowd() {
    constexpr std::array<Manner, 4> kManner{Manner::kDribbling, Manner::kSlowReader, Manner::kStuck, Manner::kIdling};
    const Manner manner = kManner[random_.below(kManner.size())];
    loop_.at(start_ + std::chrono::milliseconds{1000 * (2 + random_.below(10))}, [this, manner] {
      for (int i = 0; i < 30; ++i) come({.manner = manner, .is_huge = manner != Manner::kIdling});
    });
  }

  ClientOptions draw_client() {
    ClientOptions made{.manner = static_cast<Manner>(random_.below(kManners)),
                       .requests = 1 + static_cast<std::uint32_t>(random_.below(4)),
                       .is_large = random_.below(6) == 0};
    // Who reads slowly matters where there is much to read.
    made.is_large = made.is_large || made.manner == Manner::kSlowReader;
    constexpr std::array<Manner, 3> kGreedy{Manner::kFlooding, Manner::kPouring, Manner::kChopping};
    if (random_.below(60) == 0) made.manner = kGreedy[random_.below(kGreedy.size())];
    return made;
  }

  void come(ClientOptions options) {
    options.is_lawful = plan_.is_lawful;
    options.request_timeout = plan_.ingress.request_timeout;
    options.seed = random_.bits();
    const bool is_for_admin = options.manner == Manner::kFlooding || options.manner == Manner::kPouring;
    auto stream = world_.open(is_for_admin ? admin_door() : front_door());
    clients_.push_back(std::make_unique<Client>(loop_, std::move(stream), ledger_, counts_, options));
  }

  void inspect(bool is_last) {
    lost_when_asked_ = watch_->writer().lost();
    inspectors_.push_back(std::make_unique<Inspector>(
        loop_, world_.open(admin_door()), ledger_, plan_.weather.refused_watch > 0 && !is_last,
        [this, is_last](const Inspection& told) { is_last ? compare_at_calm(told) : compare(told); }));
  }

  // ---- what must hold

  // What counts never counts down, and nothing has ended that has not begun.
  void compare(const Inspection& told) {
    const std::uint64_t requests = told.sum_of("tenfold_requests_total");
    const std::uint64_t ended = told.sum_of("tenfold_answers_total");
    if (ended > requests || requests < last_told_.sum_of("tenfold_requests_total") ||
        ended < last_told_.sum_of("tenfold_answers_total"))
      ledger_.broken("the metrics tell of " + std::to_string(requests) + " requests and " + std::to_string(ended) +
                     " that ended");
    last_told_ = told;
  }

  // Metrics, status, journal and what was seen tell the same numbers.
  void compare_at_calm(const Inspection& told) {
    compare(told);
    const std::uint64_t requests = told.sum_of("tenfold_requests_total");
    const auto differ = [this](std::string_view what, std::uint64_t one, std::uint64_t other) {
      if (one == other) return;
      ledger_.broken(std::string{what} + ": " + std::to_string(one) + " and " + std::to_string(other));
    };
    differ("requests by metrics and status", requests, told.number_of("requests"));
    differ("requests by metrics, and those that ended", requests, told.sum_of("tenfold_answers_total"));
    differ("rejections by metrics and core", told.sum_of("tenfold_rejects_total"), watch_->rejections());
    // A record may be lost while they are asked.
    const std::uint64_t lost = told.sum_of("tenfold_journal_lost_total");
    differ("lost records by metrics and journal", lost, std::clamp(lost, lost_when_asked_, watch_->writer().lost()));
    differ("requests that wait, by metrics and status", told.sum_of("tenfold_requests_waiting"),
           told.number_of("waiting"));
    differ("requests that wait, at calm", told.sum_of("tenfold_requests_waiting"), 0);
    differ("slots that are taken, at calm", told.sum_of("tenfold_requests_running"), 0);
    const core::ServiceView view = ingress_->view();
    differ("replicas that serve or are kept warm, by the core and their probes", view.serving + view.warm_ready,
           provider_->passing(ingress_->name_of(view.revision)));
    is_compared_ = true;
  }

  void look() {
    if (loop_.longest_turn() > kLongestTurn)
      ledger_.broken("a turn of the loop took " + std::to_string(loop_.longest_turn() / 1us) +
                     " us: all others waited");
    if (loop_.steps() % kLookEvery != 0) return;
    look_at_memory();
    look_at_waiting();
  }

  // What the limits add up to is what there is at most. What the street itself holds is not the service's.
  void look_at_memory() {
    const std::size_t connections =
        server_->connection_count() + admin_server_->connection_count() + ingress_->open_exchanges();
    const std::size_t most = kOwnMemory + plan_.ingress.memory_bytes + connections * kMemoryOfConnection;
    const std::size_t taken = taken_memory();
    if (taken < memory_at_start_ + most) return;
    std::size_t of_street = 2 * watch_->disk().used() + fabric_.memory() + provider_->memory() + *plan_.spooled;
    for (const auto& client : clients_) of_street += client->memory();
    if (taken > memory_at_start_ + most + of_street)
      ledger_.broken("the service takes " + std::to_string((taken - memory_at_start_ - of_street) >> 10) +
                     " KiB, and its limits add up to " + std::to_string(most >> 10));
  }

  void look_at_waiting() {
    Duration idles{};
    for (const auto& client : clients_) {
      if (client->waits_for() > plan_.ingress.request_timeout + kPatience)
        ledger_.broken("a client has heard nothing for " + std::to_string(client->waits_for() / 1s) + " s (manner " +
                       std::to_string(static_cast<int>(client->manner())) + ")");
      idles = std::max(idles, client->idles_for());
    }
    if (std::min(idles, world_.longest_wait_at(front_door())) > kPatience)
      ledger_.broken("a client waits at the door while another idles inside");
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
    if (plan_.is_lawful && undeserved > 0)
      ledger_.broken(std::to_string(undeserved) + " requests were told 500 or 502 on a lawful street");
  }

  void shut_down() {
    if (!ledger_.what_broke().empty()) return;
    const auto idle = fabric_.descriptors();
    provider_->expect_shutdown();
    server_->drain();
    ingress_->shut_down();
    const auto end = loop_.now() + 60s;
    while (ledger_.what_broke().empty() && ingress_->view().ready + ingress_->view().stopping > 0 && loop_.step(end))
      look();
    if (!board_->replicas().empty()) ledger_.broken("replicas outlive the shutdown");
    if (fabric_.descriptors() > 0)
      ledger_.broken(std::to_string(fabric_.descriptors()) + " descriptors are left of " + std::to_string(idle));
    if (ledger_.what_broke().empty()) console_.finish();
    if (ledger_.what_broke().empty()) look_at_journal();
  }

  void look_at_journal() {
    watch_->writer().finish();
    const auto replayed = journal::replay(Watch::journal(), watch_->disk());
    if (!replayed) return ledger_.broken("the journal cannot be replayed: " + replayed.error());
    if (!replayed->difference.empty()) return ledger_.broken("the journal replays otherwise: " + replayed->difference);
    const auto story = report::tell(Watch::journal(), {}, watch_->disk());
    if (!story) return ledger_.broken("the journal tells no story: " + story.error());
    const std::uint64_t lost = watch_->writer().lost();
    if (replayed->records_lost != lost || story->records_lost != lost)
      ledger_.broken("the service lost " + std::to_string(lost) + " records of the journal, a replay misses " +
                     std::to_string(replayed->records_lost) + " and the story " + std::to_string(story->records_lost));
    if (lost == 0 && story->requests != watch_->arrivals())
      ledger_.broken("the story has " + std::to_string(story->requests) + " requests, the service had " +
                     std::to_string(watch_->arrivals()));
  }

  StreetResult result() {
    return {.broken = ledger_.what_broke(),
            .broken_at = loop_.now() - start_,
            .street = std::string{kLawfulHabits[plan_.kind].name} + (plan_.is_lawful ? ", lawful" : ", unlawful"),
            .turns = loop_.steps(),
            .requests = counts_.sent,
            .answered = counts_.answered,
            .told = counts_.told,
            .closed = counts_.closed,
            .clients = clients_.size(),
            .starts = provider_->starts(),
            .deaths = provider_->deaths(),
            .longest_turn = loop_.longest_turn(),
            .digest = fabric_.digest() ^ watch_->digest_of_journal()};
  }

  // Of what happens to replicas people are told, whether somebody reads it or not.
  void say(std::string_view line) { console_.say(live::Console::Stream::kErr, std::string{line} + "\n"); }
  void replica_ready(core::TimePoint, core::ReplicaId, const live::ReplicaAddress&) override {
    say("a replica is ready");
  }
  void replica_exited(core::TimePoint, core::ReplicaId, const live::ReplicaExit& exit) override {
    say("a replica ended");
    if (exit.last_output.ends_with('\n')) console_.say(live::Console::Stream::kErr, exit.last_output);
  }
  void stepped(core::TimePoint, const core::Event&, const core::Actions& actions, const core::Service&) override {
    for (const core::Action& action : actions) {
      if (const auto* decision = std::get_if<core::RecordDecision>(&action))
        say("replicas wanted: " + std::to_string(decision->desired));
    }
  }
  void answer_refused(core::TimePoint, core::ReplicaId, std::string_view why) override { say(why); }

  const StreetOptions& options_;
  sim::Random random_;
  StreetPlan plan_;
  VirtualLoop loop_;
  Fabric fabric_;
  Host service_;
  Host world_;
  Ledger ledger_;
  StreetConsole console_;
  live::SaidLines said_{[this] { return std::chrono::system_clock::from_time_t(loop_.unix_time()); }};
  ClientCounts counts_;
  http::Loop::TimePoint start_;
  http::Loop::TimePoint end_;
  std::optional<Watch> watch_;
  std::optional<live::Board> board_;
  std::optional<live::Ingress> ingress_;
  std::optional<live::Admin> admin_;
  std::optional<http::Server> server_;
  std::optional<http::Server> admin_server_;
  std::optional<StreetProvider> provider_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Inspector>> inspectors_;
  Inspection last_told_;
  std::uint64_t lost_when_asked_ = 0;
  bool is_compared_ = false;
  int deployed_ = 0;
  std::size_t memory_at_start_ = 0;
};

}  // namespace

StreetResult run_street(const StreetOptions& options) { return std::make_unique<Street>(options)->run(); }

}  // namespace tenfold::shell
