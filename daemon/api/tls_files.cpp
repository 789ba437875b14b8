#include "daemon/api/tls_files.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/http/link.hpp"

namespace colony::daemon::api {

namespace {

using core::ErrorKind;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* file) const { (void)BIO_free(file); }
};

core::Result<> check_readable(const std::string& what, const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), R_OK) == 0)
    return {};
  const int why = errno;
  return core::fail(ErrorKind::invalid_input, "api.tls_file",
                    fmt::format("{} {}: {}", what, path,
                                why == 0 || S_ISDIR(status.st_mode) ? "is no file" : std::strerror(why)));
}

core::UtcTime utc_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return core::UtcTime(std::chrono::seconds(::timegm(&parts)));
}

std::string note_on_dates(const std::string& path, core::UtcTime now) {
  const std::unique_ptr<BIO, Free> file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return {};
  const std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return {};
  const auto begins = utc_of(X509_get0_notBefore(certificate.get()));
  const auto ends = utc_of(X509_get0_notAfter(certificate.get()));
  if (now >= ends) return fmt::format("{}: the certificate was valid until {}", path, core::format_utc(ends));
  if (now < begins)
    return fmt::format("{}: the certificate is valid from {} on", path, core::format_utc(begins));
  return {};
}

}  // namespace

core::Result<std::string> check_tls_files(const std::string& certificate, const std::string& key,
                                          core::UtcTime now) {
  for (const auto& [what, path] :
       {std::pair("api.tls_certificate", certificate), std::pair("api.tls_key", key)}) {
    if (auto fine = check_readable(what, path); !fine) return std::unexpected(fine.error());
  }
  struct stat status{};
  if (::stat(key.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
    return core::fail(ErrorKind::invalid_input, "api.tls_key_rights",
                      fmt::format("api.tls_key {} can be read by everybody (mode {:04o}): run chmod o= {}",
                                  key, status.st_mode & 07777U, key));
  }
  const auto loaded = core::http::TlsContext::load(certificate, key);
  if (!loaded) return std::unexpected(loaded.error());
  return note_on_dates(certificate, now);
}

}  // namespace colony::daemon::api
