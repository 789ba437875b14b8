#include "core/http/response_plan.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/http/text.hpp"

namespace colony::core::http {

namespace {

std::uint64_t body_size(const Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return text->size();
  if (const auto* shared = std::get_if<SharedBody>(&body)) return shared->bytes->size();
  if (const auto* file = std::get_if<FileBody>(&body)) return file->size;
  return 0;
}

/// If-None-Match (RFC 9110 section 13.1.2): a list of tags, or "*".
bool etag_listed(std::string_view list, std::string_view etag) {
  if (list == "*") return true;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view tag = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
    while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

/// Ranges, where they make sense: a whole stored body that was asked for with GET.
void apply_range(const RequestHead& asked, HttpResponse& response, ResponsePlan& plan) {
  const auto range = asked.headers.find("Range");
  if (!range || asked.method != Method::get) return;
  // If-Range (section 13.1.5): a part is only wanted of the representation that the client has.
  const auto condition = asked.headers.find("If-Range");
  if (condition && condition != response.headers.find("ETag")) return;
  const RangeDecision decision = decide_range(*range, plan.size);
  if (const auto* part = std::get_if<ByteRange>(&decision)) {
    response.status = Status::partial_content;
    plan.first = part->first;
    plan.length = part->length;
    (void)response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", part->first,
                                                            part->first + part->length - 1, plan.size));
  } else if (std::holds_alternative<UnsatisfiableRange>(decision)) {
    response.status = Status::range_not_satisfiable;
    (void)response.headers.add("Content-Range", fmt::format("bytes */{}", plan.size));
    response.body = std::string{};
    plan.length = plan.size = 0;
  }
}

void frame(const RequestHead* asked, const HttpResponse& response, ResponsePlan& plan) {
  const bool never_a_body = response.status == Status::no_content || response.status == Status::not_modified;
  const bool head_only = asked != nullptr && asked->method == Method::head;
  const bool stream = std::holds_alternative<StreamBody>(response.body);
  if (stream && !never_a_body && !head_only) {
    plan.framing = asked != nullptr && !asked->http_1_0 ? Framing::chunked : Framing::close;
    if (plan.framing == Framing::close) plan.close = true;
    return;
  }
  if (never_a_body || head_only) plan.framing = Framing::none;
  if (!never_a_body && !stream) plan.head += fmt::format("Content-Length: {}\r\n", plan.length);
}

}  // namespace

ResponsePlan plan_response(const RequestHead* asked, HttpResponse& response, bool close, UtcTime now) {
  ResponsePlan plan;
  plan.close = close;
  plan.size = plan.length = body_size(response.body);
  const bool readable = asked != nullptr && (asked->method == Method::get || asked->method == Method::head);
  const bool stored =
      std::holds_alternative<FileBody>(response.body) || std::holds_alternative<SharedBody>(response.body);
  if (readable && response.status == Status::ok) {
    const auto known = asked->headers.find("If-None-Match");
    const auto etag = response.headers.find("ETag");
    if (known && etag && etag_listed(*known, *etag)) {
      response.status = Status::not_modified;
      response.body = std::string{};
      plan.length = plan.size = 0;
    } else if (stored && !response.whole_only) {
      (void)response.headers.add("Accept-Ranges", "bytes");
      apply_range(*asked, response, plan);
    }
  }
  frame(asked, response, plan);
  std::string fields = std::move(plan.head);
  if (plan.framing == Framing::chunked) fields += "Transfer-Encoding: chunked\r\n";
  // An HTTP/1.0 client keeps the connection only when told so.
  fields += plan.close ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
  for (const auto& [key, value] : response.headers.all()) fields += fmt::format("{}: {}\r\n", key, value);
  const std::tm date = fmt::gmtime(std::chrono::system_clock::to_time_t(now));
  plan.head = fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n{}\r\n",
                          code(response.status), reason(response.status), date, fields);
  return plan;
}

std::string encode_chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace colony::core::http
