// Heads on their way through a proxy: RFC 9110, 7.6 and RFC 7239. Sans-I/O; each is written straight into one string.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/head.hpp"

namespace tenfold::http {

struct ForwardedRequest {
  const Head& head;
  // The client's address, for Forwarded and X-Forwarded-For.
  std::string_view client;
  std::string_view scheme = "http";
  // The client is a proxy of ours: what it says in Forwarded and X-Forwarded-* is kept and continued. What anybody else
  // says there is dropped.
  bool is_client_trusted = false;
  // Given to the request where it brings no X-Request-Id of its own.
  std::string_view request_id;
  // Takes the place of the request's traceparent (W3C Trace Context); empty: that passes as it is.
  std::string_view traceparent = {};
  // Its tracestate belongs to no trace that goes on.
  bool drops_tracestate = false;
};

// Appends the head of `request` as it goes to a replica: the target is a path, Host is who was asked, the fields of
// this hop are gone, Forwarded and X-Forwarded-* say where it came from, the body's framing is our own, for a body of
// the kind that `head` found. Ends with the empty line.
void append_request_head(std::string& out, const ForwardedRequest& request);

struct ForwardedResponse {
  const Head& head;
  // Whole lines with CRLF to add.
  std::string_view fields;
  // Whether the client's connection is kept; else the head says so.
  bool keep_alive = true;
  // The client's minor version: HTTP/1.0 knows no chunks, its bodies end with the connection.
  int client_minor_version = 1;
};

// Appends the head of `response` as it goes to the client.
void append_response_head(std::string& out, const ForwardedResponse& response);

// Appends the head of an answer with status 101 that switches to `response.head.upgrade()`. What follows are bytes.
void append_switching_head(std::string& out, const ForwardedResponse& response);

// Appends the head of an interim answer (1xx) as it goes to the client.
void append_interim_head(std::string& out, const Head& interim);

// Whether the response's body goes out in chunks: its length is not known, and the client knows chunks.
bool is_rechunked(const Head& response, int client_minor_version);

// The line before a chunk of `size` bytes, in `buffer` of at least 18; CRLF follows the chunk.
std::string_view chunk_head(std::size_t size, std::span<char, 18> buffer);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace tenfold::http
