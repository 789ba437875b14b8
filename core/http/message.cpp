#include "core/http/message.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/http/text.hpp"

namespace colony::core::http {

namespace {

std::string documented_code(std::string_view code) {
  std::string documented(code);
  for (char& c : documented) {
    if (c == '.') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return documented;
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
  }
  return "GET";
}

std::optional<Method> parse_method(std::string_view text) {
  for (const auto method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del}) {
    if (text == name(method)) return method;
  }
  return std::nullopt;
}

std::string_view reason(Status status) {
  switch (status) {
    case Status::ok: return "OK";
    case Status::created: return "Created";
    case Status::accepted: return "Accepted";
    case Status::no_content: return "No Content";
    case Status::partial_content: return "Partial Content";
    case Status::not_modified: return "Not Modified";
    case Status::bad_request: return "Bad Request";
    case Status::unauthorized: return "Unauthorized";
    case Status::forbidden: return "Forbidden";
    case Status::not_found: return "Not Found";
    case Status::method_not_allowed: return "Method Not Allowed";
    case Status::request_timeout: return "Request Timeout";
    case Status::conflict: return "Conflict";
    case Status::gone: return "Gone";
    case Status::content_too_large: return "Content Too Large";
    case Status::uri_too_long: return "URI Too Long";
    case Status::range_not_satisfiable: return "Range Not Satisfiable";
    case Status::expectation_failed: return "Expectation Failed";
    case Status::unprocessable: return "Unprocessable Content";
    case Status::too_many_requests: return "Too Many Requests";
    case Status::fields_too_large: return "Request Header Fields Too Large";
    case Status::internal_error: return "Internal Server Error";
    case Status::not_implemented: return "Not Implemented";
    case Status::bad_gateway: return "Bad Gateway";
    case Status::unavailable: return "Service Unavailable";
    case Status::gateway_timeout: return "Gateway Timeout";
    case Status::version_not_supported: return "HTTP Version Not Supported";
  }
  return "Unknown";
}

std::optional<std::string_view> Headers::find(std::string_view field) const {
  for (const auto& [key, value] : fields_) {
    if (equal_ignoring_case(key, field)) return value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view field) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields_, [&](const auto& each) { return equal_ignoring_case(each.first, field); }));
}

bool Headers::add(std::string_view field, std::string_view value) {
  if (!is_token(field) || !is_field_value(value)) return false;
  fields_.emplace_back(field, value);
  return true;
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view key) const {
  const auto found = query.find(key);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::string_view HttpRequest::param(std::string_view key) const {
  const auto found = params.find(key);
  return found == params.end() ? std::string_view{} : found->second;
}

std::optional<Ipv4Address> HttpRequest::peer_address() const {
  if (const auto* tcp = std::get_if<TcpPeer>(&peer)) return tcp->address;
  return std::nullopt;
}

HttpResponse text_response(Status status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  (void)response.headers.add("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

HttpResponse json_response(Status status, const Json& body) {
  return text_response(status, "application/json", dump_json(body));
}

HttpResponse error_response(Status status, std::string_view code, std::string_view error,
                            std::string_view details) {
  return json_response(status, Json{{"error", error}, {"code", documented_code(code)}, {"details", details}});
}

Status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_input: return Status::bad_request;
    case ErrorKind::not_found: return Status::not_found;
    case ErrorKind::conflict: return Status::conflict;
    case ErrorKind::timed_out: return Status::gateway_timeout;
    case ErrorKind::unreachable:
    case ErrorKind::refused: return Status::bad_gateway;
    // Credentials of a BMC or of the hosted side, not of the caller: 401 would send the caller to log in.
    case ErrorKind::unauthorized: return Status::unprocessable;
    case ErrorKind::exhausted:
    case ErrorKind::cancelled: return Status::unavailable;
    case ErrorKind::unsupported: return Status::unprocessable;
    case ErrorKind::io:
    case ErrorKind::corrupt:
    case ErrorKind::internal: return Status::internal_error;
  }
  return Status::internal_error;
}

HttpResponse error_response(const Error& error) {
  return json_response(status_of(error.kind), Json{{"error", error.message},
                                                   {"code", documented_code(error.code)},
                                                   {"details", ""},
                                                   {"kind", name(error.kind)}});
}

}  // namespace colony::core::http
