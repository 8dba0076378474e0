// A program of the SDK for tests of zygotes. $FORKED_FAULT is what goes wrong in it: throws, thread, hangs, exits.
// $FORKED_MIB is how much it loads.
//
//   GET /about        who it is, and who loaded what it serves
//   GET /die          ends it by SIGSEGV
//   GET /daemon       leaves a process behind that has left its session and ignores SIGTERM; answers its number
//   GET /eat?mib=N    takes memory
//   GET /spin?ms=N    takes CPU time
//   GET /hang         never answers, nor stops

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

#include <pthread.h>
#include <sys/wait.h>
#include <tenfold/service.hpp>
#include <unistd.h>

namespace {

using tenfold::Answer;
using tenfold::Request;

std::vector<char> model;
pid_t loaded_by = 0;
std::mt19937 random_numbers;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::size_t number_in(const Request& request) { return std::stoul(request.query.at(0).second); }

void load() {
  const std::string fault = variable("FORKED_FAULT");
  if (fault == "throws") throw std::runtime_error("model.bin is missing");
  if (fault == "exits") std::exit(7);
  if (fault == "hangs") std::this_thread::sleep_for(std::chrono::hours{1});
  if (fault == "thread") {
    std::thread thread{[] { std::this_thread::sleep_for(std::chrono::hours{1}); }};
    ::pthread_setname_np(thread.native_handle(), "model-cache");
    thread.detach();
  }
  const std::string mib = variable("FORKED_MIB");
  model.assign(mib.empty() ? 0 : std::stoul(mib) << 20, 'm');
  loaded_by = ::getpid();
  std::cout << "loaded\n";  // without a flush: each fork would write it again if nobody saw to it
}

Answer about(const Request&, std::stop_token) {
  std::string text = "{\"pid\":" + std::to_string(::getpid()) + ",\"parent\":" + std::to_string(::getppid()) +
                     ",\"session\":" + std::to_string(::getsid(0)) + ",\"loaded_by\":" + std::to_string(loaded_by) +
                     ",\"random\":" + std::to_string(random_numbers());
  for (const char* name : {"TENFOLD_REPLICA", "TENFOLD_CONCURRENCY", "TENFOLD_ZYGOTE", "PORT"})
    text += ",\"" + std::string{name} + "\":\"" + variable(name) + "\"";
  return {.body = text + "}"};
}

Answer leave_daemon(const Request&, std::stop_token) {
  int ends[2];
  if (::pipe(ends) != 0) return tenfold::problem(500, "no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() == 0) {
      std::signal(SIGTERM, SIG_IGN);
      const pid_t self = ::getpid();
      if (::write(ends[1], &self, sizeof self) > 0) ::pause();
    }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  pid_t daemon = 0;
  const bool is_told = ::read(ends[0], &daemon, sizeof daemon) == sizeof daemon;
  ::close(ends[0]);
  ::close(ends[1]);
  return is_told ? Answer{.body = std::to_string(daemon)} : tenfold::problem(500, "no daemon");
}

Answer eat(const Request& request, std::stop_token) {
  const std::vector<char> eaten(number_in(request) << 20, 'x');
  return {.body = std::to_string(eaten.size())};
}

Answer spin(const Request& request, std::stop_token stop) {
  const auto used_ms = [] { return std::clock() * 1000 / CLOCKS_PER_SEC; };
  const auto until = used_ms() + static_cast<std::clock_t>(number_in(request));
  while (used_ms() < until && !stop.stop_requested()) {
  }
  return {.body = "{}"};
}

Answer hang(const Request&, std::stop_token) {
  for (;;) ::pause();
}

Answer die(const Request&, std::stop_token) {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit of it
  std::raise(SIGSEGV);
  return {};
}

}  // namespace

int main() {
  tenfold::Service service;
  service.before_fork(load);
  service.after_fork([] {
    random_numbers.seed(std::random_device{}());
    std::cout << "serves" << std::endl;
  });
  service.get("/about", about);
  service.get("/die", die);
  service.get("/daemon", leave_daemon);
  service.get("/eat", eat);
  service.get("/spin", spin);
  service.get("/hang", hang);
  return service.serve();
}
