#pragma once
// Certificates for tests over TLS, made for one run: good ones and those that a client must refuse, by name.

#include <cstdio>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace colony::daemon::hosted::test {

/// An authority, or one that signs for itself; its files are PATH.crt and PATH.key.
struct Signed {
  std::string path;
  const char* address = "127.0.0.1";
  long from = -3600, until = 3600;  // seconds from now
  std::string issuer_path = {};     // empty: signs for itself
};

inline void make_certificate(const Signed& wanted) {
  const auto open = [](const std::string& path, const char* mode) {
    FILE* const file = std::fopen(path.c_str(), mode);
    if (file == nullptr) std::abort();
    return file;
  };
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.until);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const auto name = wanted.path.substr(wanted.path.rfind('/') + 1);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  EVP_PKEY* signer = key;
  X509* issuer = certificate;
  if (!wanted.issuer_path.empty()) {
    FILE* file = open(wanted.issuer_path + ".crt", "r");
    issuer = PEM_read_X509(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    file = open(wanted.issuer_path + ".key", "r");
    signer = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
    std::fclose(file);
  }
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  const auto extend = [&](int which, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_subject_alt_name, std::string("IP:") + wanted.address);
  if (wanted.issuer_path.empty()) extend(NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, signer, EVP_sha256());
  FILE* out = open(wanted.path + ".crt", "w");
  PEM_write_X509(out, certificate);
  std::fclose(out);
  out = open(wanted.path + ".key", "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  if (issuer != certificate) {
    X509_free(issuer);
    EVP_PKEY_free(signer);
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace colony::daemon::hosted::test
