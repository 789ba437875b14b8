// TLS as a transformation between two byte queues (OpenSSL memory BIOs); the plain link inside does the I/O
// and keeps the deadlines.

#include <array>
#include <cassert>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "core/http/link.hpp"

namespace colony::core::http {

namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class TlsLink final : public Link {
 public:
  TlsLink(std::unique_ptr<Link> plain, SSL_CTX* context) : plain_(std::move(plain)), ssl_(SSL_new(context)) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    assert(ssl_ && in_ != nullptr && out_ != nullptr);
    SSL_set_bio(ssl_.get(), in_, out_);  // owns both from now on
    SSL_set_accept_state(ssl_.get());
  }

  Task<bool> shake_hands(BootTime deadline) {
    for (;;) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      const int error = SSL_get_error(ssl_.get(), result);
      // Also on failure: the alert says why.
      if (!co_await flush({no_stall_limit, deadline})) co_return false;
      if (result == 1) co_return true;
      if (error != SSL_ERROR_WANT_READ || !co_await fill(deadline)) co_return false;
    }
  }

  Task<std::expected<std::size_t, LinkError>> read_some(std::span<char> into, BootTime deadline) override {
    for (;;) {
      ERR_clear_error();
      std::size_t got = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
      if (result == 1) co_return got;
      const int error = SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (error != SSL_ERROR_WANT_READ) co_return std::unexpected(LinkError::closed);
      if (auto flushed = co_await flush({no_stall_limit, deadline}); !flushed) {
        co_return std::unexpected(flushed.error());
      }
      if (auto filled = co_await fill(deadline); !filled) co_return std::unexpected(filled.error());
    }
  }

  Task<std::expected<void, LinkError>> write(std::string_view bytes, WriteBudget budget, Flush,
                                             std::uint64_t& sent) override {
    while (!bytes.empty()) {
      ERR_clear_error();
      std::size_t taken = 0;
      const std::string_view step = bytes.substr(0, record);
      // The memory BIO takes everything, so only a renegotiation could ask for input; TLS 1.2+ without
      // renegotiation never does.
      if (SSL_write_ex(ssl_.get(), step.data(), step.size(), &taken) != 1) {
        co_return std::unexpected(LinkError::closed);
      }
      if (auto flushed = co_await flush(budget); !flushed) co_return flushed;
      sent += taken;
      bytes.remove_prefix(taken);
    }
    co_return std::expected<void, LinkError>{};
  }

  Task<std::expected<void, LinkError>> write_file(int file, std::uint64_t offset, std::uint64_t length,
                                                  WriteBudget budget, std::uint64_t& sent) override {
    std::vector<char> buffer(record);
    while (length > 0) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer.size()));
      const ssize_t got = ::pread(file, buffer.data(), want, static_cast<off_t>(offset));
      if (got <= 0) co_return std::unexpected(LinkError::closed);
      const auto size = static_cast<std::size_t>(got);
      if (auto put = co_await write({buffer.data(), size}, budget, Flush::now, sent); !put) co_return put;
      offset += size;
      length -= size;
    }
    co_return std::expected<void, LinkError>{};
  }

  Task<bool> acknowledged(WriteBudget budget) override { return plain_->acknowledged(budget); }

  void shutdown_send() override {
    // close_notify would need a wait; ends by FIN. Messages carry their own length, so nothing can be cut
    // unseen.
    plain_->shutdown_send();
  }

 private:
  static constexpr std::size_t record = 16UL * 1024;

  Task<std::expected<void, LinkError>> flush(WriteBudget budget) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out_, &bytes);
    if (size <= 0) co_return std::expected<void, LinkError>{};
    std::uint64_t sent = 0;
    auto put = co_await plain_->write({bytes, static_cast<std::size_t>(size)}, budget, Flush::now, sent);
    (void)BIO_reset(out_);
    co_return put;
  }

  Task<std::expected<void, LinkError>> fill(BootTime deadline) {
    std::array<char, record> bytes{};
    const auto got = co_await plain_->read_some(bytes, deadline);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return std::unexpected(LinkError::closed);
    (void)BIO_write(in_, bytes.data(), static_cast<int>(*got));
    co_return std::expected<void, LinkError>{};
  }

  std::unique_ptr<Link> plain_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

/// Notes that the key has a passphrase, and gives none: OpenSSL would ask at the terminal, and wait.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return 0;
}

}  // namespace

struct TlsContext::State {
  std::unique_ptr<SSL_CTX, FreeSsl> context{SSL_CTX_new(TLS_server_method())};
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::load(const std::string& cert_file, const std::string& key_file) {
  auto state = std::make_unique<State>();
  SSL_CTX* context = state->context.get();
  assert(context != nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return fail(ErrorKind::invalid_input, "http.tls_certificate",
                fmt::format("{}: no readable PEM certificate chain", cert_file));
  }
  bool encrypted = false;
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
  const bool loaded = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!loaded && encrypted) {
    return fail(
        ErrorKind::invalid_input, "http.tls_key",
        fmt::format("{}: an encrypted key, and nobody is there to type its passphrase: write it without "
                    "one (openssl pkey -in KEY -out NEW)",
                    key_file));
  }
  if (!loaded || SSL_CTX_check_private_key(context) != 1) {
    return fail(ErrorKind::invalid_input, "http.tls_key",
                fmt::format("{}: no readable PEM key that fits the certificate {}", key_file, cert_file));
  }
  return TlsContext(std::move(state));
}

Task<std::unique_ptr<Link>> TlsContext::accept(std::unique_ptr<Link> plain, BootTime deadline) const {
  auto link = std::make_unique<TlsLink>(std::move(plain), state_->context.get());
  if (!co_await link->shake_hands(deadline)) co_return nullptr;
  co_return link;
}

}  // namespace colony::core::http
