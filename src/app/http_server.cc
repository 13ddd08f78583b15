#include "app/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <unordered_set>

#include "app/http_parser.h"
#include "app/worker_pool.h"
#include "base/log.h"

namespace penchant {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Time = std::chrono::steady_clock::time_point;
using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

namespace {

constexpr size_t read_bytes = 64u << 10;
constexpr double bytes_per_second_min = 64 << 10;  // of bodies and answers, beyond the timeout
constexpr double drain_seconds = 5;
constexpr auto sweep_period = std::chrono::milliseconds(200);

Time now() { return std::chrono::steady_clock::now(); }

Time after(Time start, double seconds) {
  return start + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds));
}

double seconds_since(Time start) { return std::chrono::duration<double>(now() - start).count(); }

std::string http_date() {
  const std::time_t time = std::time(nullptr);
  std::tm parts = {};
  gmtime_r(&time, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

class Connection;

// One thread's share: its connections are touched by that thread alone.
struct Loop {
  std::unordered_set<Connection*> connections;  // outlives the context, whose handlers own them
  asio::io_context context{1};
  WorkGuard guard{context.get_executor()};
  asio::steady_timer sweeper{context};
};

// What all connections share.
struct Shared {
  HttpService& service;
  const ServerOptions& options;
  WorkerPool control{1, limits::queued_requests};
  WorkerPool quick{options.worker_threads, limits::queued_requests};
  WorkerPool heavy{options.heavy_threads, limits::queued_requests};
  WorkerPool embedding{embedding_requests_max, 0};
  std::atomic<size_t> body_bytes{0};
  std::atomic<bool> stopping{false};
  std::atomic<uint64_t> next_request{0};
  const uint64_t request_seed = static_cast<uint64_t>(std::time(nullptr));

  WorkerPool& pool(Lane lane) {
    if (lane == Lane::control) return control;
    if (lane == Lane::embedding) return embedding;
    return lane == Lane::heavy ? heavy : quick;
  }
};

// One connection. Reading and writing take turns: while a request is worked on or answered nothing
// is read, which is all the back pressure pipelining clients need.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Loop& loop, Shared& shared)
      : socket_(std::move(socket)), loop_(loop), shared_(shared) {
    loop_.connections.insert(this);
  }
  ~Connection() {
    release_body();
    loop_.connections.erase(this);
    --shared_.service.connections;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    expect_request();
  }

  // The server stops: who is between requests is done, others finish theirs.
  void stop() {
    if (phase_ == Phase::idle || phase_ == Phase::draining) close();
  }

  void sweep(Time time) {
    if (time < deadline_ || phase_ == Phase::working) return;
    if (phase_ == Phase::reading && !is_writing_)
      refuse(problem(408, "the request did not arrive in time"));
    else
      close();
  }

 private:
  enum class Phase {
    idle,      // between requests
    reading,   // a request has begun to arrive
    working,   // it runs elsewhere
    writing,   // the answer goes out
    draining,  // the last answer is out; what still comes is thrown away
  };

  void enter(Phase phase, double seconds) {
    phase_ = phase;
    phase_start_ = now();
    phase_bytes_ = 0;
    deadline_ = after(phase_start_, seconds);
  }

  // Bytes moved: the time limit grows with them, so that only the stalled and the very slow end.
  void progress(size_t bytes) {
    phase_bytes_ += bytes;
    deadline_ = after(phase_start_, shared_.options.timeout_seconds +
                                        double(phase_bytes_) / bytes_per_second_min);
  }

  void expect_request() {
    enter(Phase::idle, shared_.options.timeout_seconds);
    is_head_ = false;
    advance();
  }

  void read() {
    const size_t size = buffer_.size();
    buffer_.resize(size + read_bytes);
    is_reading_ = true;
    socket_.async_read_some(asio::buffer(buffer_.data() + size, read_bytes),
                            [self = shared_from_this(), size](error_code error, size_t n) {
                              self->is_reading_ = false;
                              self->buffer_.resize(size + n);
                              self->on_read(error, n);
                            });
  }

  void on_read(error_code error, size_t n) {
    if (phase_ == Phase::draining) return error ? close() : drain();
    if (phase_ != Phase::idle && phase_ != Phase::reading) return;  // refused for being late
    if (error == asio::error::eof && phase_ == Phase::reading)
      return refuse(problem(400, "the request ended early"));
    if (error) return close();
    if (parser_.state() == HttpParser::State::body) {
      progress(n);
      body_bytes_ += n;
      if (shared_.body_bytes.fetch_add(n) + n > limits::bodies_bytes)
        return refuse(shared_.service.busy(parser_.head()));
    }
    advance();
  }

  // Feeds the parser until it wants more bytes or something is to be answered.
  void advance() {
    if (phase_ == Phase::idle && !buffer_.empty())
      enter(Phase::reading, shared_.options.timeout_seconds);
    while (true) {
      buffer_.erase(0, parser_.feed(buffer_));
      switch (parser_.state()) {
        case HttpParser::State::head:
          if (phase_ == Phase::idle && shared_.stopping) return close();
          return read();
        case HttpParser::State::body:
          if (is_head_) return read();
          is_head_ = true;
          enter(Phase::reading, shared_.options.timeout_seconds);
          if (auto refusal = shared_.service.refuse(parser_.head()))
            return refuse(*std::move(refusal));
          if (buffer_.empty() && !parser_.head().header("expect").empty()) return send_continue();
          break;
        case HttpParser::State::done:
          return dispatch();
        case HttpParser::State::failed:
          return refuse(parser_.refusal());
      }
    }
  }

  void send_continue() {
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    write([](Connection& self) { self.read(); });
  }

  // A request on its way to a worker and back; keeps the loop running meanwhile.
  struct Call {
    std::shared_ptr<Connection> connection;
    WorkGuard guard;
    HttpRequest request;

    static void run(void* context) {
      Call& call = *static_cast<Call*>(context);
      HttpResponse response = call.connection->shared_.service.handle(std::move(call.request));
      asio::post(call.guard.get_executor(), [connection = std::move(call.connection),
                                             response = std::move(response)]() mutable {
        connection->answer(std::move(response));
      });
    }
  };

  void dispatch() {
    begin_answer(parser_.head());
    auto refusal = is_head_ ? std::nullopt : shared_.service.refuse(parser_.head());
    HttpRequest request = parser_.take();
    if (refusal) return answer(*std::move(refusal));
    const Lane lane = shared_.service.lane(request);
    if (lane == Lane::here) return answer(shared_.service.handle(std::move(request)));
    enter(Phase::working, 0);
    request.arrived = request_start_;
    auto call = std::make_shared<Call>(
        Call{shared_from_this(), WorkGuard(loop_.context.get_executor()), std::move(request)});
    if (lane == Lane::embedding) watch(call->request);
    if (!shared_.pool(lane).submit({call, Call::run})) answer(shared_.service.busy(call->request));
  }

  // Tells the request when the client closes its side: nobody waits for the answer any more.
  void watch(HttpRequest& request) {
    request.gone = std::make_shared<std::atomic<bool>>(false);
    socket_.async_wait(
        tcp::socket::wait_read, [self = shared_from_this(), gone = request.gone](error_code error) {
          char byte = 0;
          if (error || self->phase_ != Phase::working) return;
          const auto n = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
          if (n == 0 || (n < 0 && errno == ECONNRESET)) *gone = true;
        });
  }

  // The request is not whole, or cannot be: the connection ends with this answer.
  void refuse(HttpResponse response) {
    begin_answer(parser_.head());
    keep_alive_ = false;
    answer(std::move(response));
  }

  // What answering needs to know of the request.
  void begin_answer(const HttpRequest& head) {
    request_start_ = now();
    keep_alive_ = head.keep_alive;
    with_body_ = head.method != "HEAD";
    request_id_ = request_id(head.header("x-request-id"));
  }

  // The caller's own id when it is a plain word, so that logs can be joined.
  std::string request_id(std::string_view given) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    if (!given.empty() && given.size() <= 64 && given.find_first_not_of(plain) == given.npos)
      return std::string(given);
    return fmt::format("{:x}-{:x}", shared_.request_seed, shared_.next_request++);
  }

  void answer(HttpResponse response) {
    shared_.service.metrics.count(response.operation, response.status,
                                  seconds_since(request_start_));
    release_body();
    if (shared_.stopping) keep_alive_ = false;
    response.headers.emplace_back("X-Request-Id", std::move(request_id_));
    out_ = to_bytes(response, keep_alive_, with_body_, http_date());
    enter(Phase::writing, shared_.options.timeout_seconds);
    write([](Connection& self) { self.on_answered(); });
  }

  void write(void (*done)(Connection&), size_t from = 0) {
    is_writing_ = true;
    socket_.async_write_some(asio::buffer(out_.data() + from, out_.size() - from),
                             [self = shared_from_this(), done, from](error_code error, size_t n) {
                               self->is_writing_ = false;
                               if (error) return self->close();
                               self->progress(n);
                               if (from + n < self->out_.size()) return self->write(done, from + n);
                               self->out_ = {};
                               done(*self);
                             });
  }

  void on_answered() {
    if (keep_alive_) return expect_request();
    // Closing with unread bytes would reset the connection, and the client might lose the answer.
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) return close();
    enter(Phase::draining, drain_seconds);
    if (!is_reading_) drain();  // else the read that a late request left behind goes on
  }

  void drain() {
    buffer_.clear();
    read();
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  void release_body() {
    shared_.body_bytes.fetch_sub(body_bytes_);
    body_bytes_ = 0;
  }

  tcp::socket socket_;
  Loop& loop_;
  Shared& shared_;
  HttpParser parser_;
  std::string buffer_;  // read and not yet parsed
  std::string out_;
  size_t body_bytes_ = 0;  // counted in shared_.body_bytes
  bool is_head_ = false;   // the head of the request being read was judged
  bool is_reading_ = false, is_writing_ = false;

  // Of the request being answered.
  bool keep_alive_ = true, with_body_ = true;
  std::string request_id_;

  Phase phase_ = Phase::idle;
  Time phase_start_, deadline_, request_start_;
  size_t phase_bytes_ = 0;
};

class Server {
 public:
  Server(HttpService& service, const ServerOptions& options)
      : shared_{.service = service, .options = options}, loops_(make_loops(options.io_threads)) {}

  Result<uint16_t> listen() {
    error_code error;
    const auto address = asio::ip::make_address(shared_.options.host, error);
    const tcp::endpoint endpoint(address, shared_.options.port);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return Error{Code::conflict, fmt::format("cannot listen on {}:{}: {}", shared_.options.host,
                                               shared_.options.port, error.message())};
    return acceptor_.local_endpoint().port();
  }

  void run() {
    signals_.async_wait([this](error_code error, int) {
      if (!error) stop();
    });
    accept();
    for (const auto& loop : loops_) sweep(*loop);
    std::vector<std::thread> threads;
    for (size_t i = 1; i < loops_.size(); ++i)
      threads.emplace_back([&loop = *loops_[i]] { loop.context.run(); });
    loops_[0]->context.run();
    for (std::thread& thread : threads) thread.join();
    shared_.control.finish();
    shared_.quick.finish();
    shared_.heavy.finish();
    shared_.embedding.finish();
  }

 private:
  static std::vector<std::unique_ptr<Loop>> make_loops(int count) {
    std::vector<std::unique_ptr<Loop>> out;
    for (int i = 0; i < count; ++i) out.push_back(std::make_unique<Loop>());
    return out;
  }

  void accept() {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    acceptor_.async_accept(loop.context, [this, &loop](error_code error, tcp::socket socket) {
      if (shared_.stopping) return;
      if (error) {  // out of descriptors, most likely: wait until some are free
        log(LogLevel::warning, fmt::format("cannot accept a connection: {}", error.message()));
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](error_code) { accept(); });
        return;
      }
      if (shared_.service.connections >= shared_.options.connections_max) {
        turn_away(std::move(socket));
      } else {
        ++shared_.service.connections;
        auto moved = std::make_shared<tcp::socket>(std::move(socket));
        asio::post(loop.context, [this, &loop, moved] {
          std::make_shared<Connection>(std::move(*moved), loop, shared_)->start();
        });
      }
      accept();
    });
  }

  static void turn_away(tcp::socket socket) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    const std::string out =
        to_bytes(problem(503, "too many connections"), false, true, http_date());
    socket.write_some(asio::buffer(out), ignored);
  }

  // Ends connections whose time is up. When the server stops, also ends itself: with the last
  // connection, or when the grace is over.
  void sweep(Loop& loop) {
    loop.sweeper.expires_after(sweep_period);
    loop.sweeper.async_wait([this, &loop](error_code) {
      const Time time = now();
      for (Connection* connection : loop.connections) connection->sweep(time);
      if (!shared_.stopping) return sweep(loop);
      if (time > grace_end_) return loop.context.stop();
      if (!loop.connections.empty()) sweep(loop);
    });
  }

  void stop() {
    signals_.clear();  // the next signal ends the process as if we had never asked
    grace_end_ = after(now(), shared_.options.grace_seconds);
    shared_.stopping = true;
    shared_.service.set_stopping();
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& loop : loops_) {
      asio::post(loop->context, [&loop = *loop] {
        for (Connection* connection : loop.connections) connection->stop();
        loop.guard.reset();
        loop.sweeper.cancel();  // it looks at once whether that was all
      });
    }
  }

  Shared shared_;  // outlives the loops, whose connections use it
  std::vector<std::unique_ptr<Loop>> loops_;
  tcp::acceptor acceptor_{loops_[0]->context};
  asio::signal_set signals_{loops_[0]->context, SIGINT, SIGTERM};
  asio::steady_timer retry_{loops_[0]->context};
  size_t next_loop_ = 0;
  Time grace_end_;
};

}  // namespace

Result<> serve(HttpService& service, const ServerOptions& options,
               void (*listening)(const ServerOptions& options, uint16_t port)) {
  Server server(service, options);
  TRY(const uint16_t port, server.listen());
  listening(options, port);
  server.run();
  return {};
}

}  // namespace penchant
