// What mediasoup's worker calls of libsrtp 3, by means of Debian's libsrtp 2.
//
// Both have functions of the same names with other arguments, so those of libsrtp 2 are in a
// namespace here. C++ finds the right ones by their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <stdint.h>
#define srtp_policy_t srtp_policy_v2
namespace srtp2
{
#include <srtp2/srtp.h>
}
#undef srtp_policy_t
using namespace srtp2;

// Results that only libsrtp 3 has. libsrtp 2 never returns these numbers.
constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(1000);
constexpr auto srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(1001);

struct PolicyV3
{
  srtp_policy_v2 settings{};
  std::vector<uint8_t> key; // and the salt behind it
};
using srtp_policy_t = PolicyV3*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
  *policy = new PolicyV3;
  return srtp_err_status_ok;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
  delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
  policy->settings.ssrc = ssrc;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
  auto& settings = policy->settings;
  const auto result = srtp_crypto_policy_set_from_profile_for_rtp(&settings.rtp, profile);
  if (result != srtp_err_status_ok)
    return result;
  return srtp_crypto_policy_set_from_profile_for_rtcp(&settings.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLength,
  const uint8_t* salt,
  size_t saltLength,
  const uint8_t* /*mki*/,
  size_t /*mkiLength*/)
{
  policy->key.assign(key, key + keyLength);
  policy->key.insert(policy->key.end(), salt, salt + saltLength);
  policy->settings.key = policy->key.data();
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool isAllowed)
{
  policy->settings.allow_repeat_tx = isAllowed;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
  policy->settings.window_size = size;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
  return srtp2::srtp_create(session, &policy->settings);
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
  return srtp2::srtp_remove_stream(session, ssrc);
}

// libsrtp 2 works in place. libsrtp 3 reads one buffer and writes another.
template<typename Function>
srtp_err_status_t inPlace(
  Function function, srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength)
{
  if (in != out)
    std::memmove(out, in, inLength);
  int length = static_cast<int>(inLength);
  const auto result = function(session, out, &length);
  *outLength = static_cast<size_t>(length);
  return result;
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength, size_t /*mki*/)
{
  return inPlace(srtp2::srtp_protect, session, in, inLength, out, outLength);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength, size_t /*mki*/)
{
  return inPlace(srtp2::srtp_protect_rtcp, session, in, inLength, out, outLength);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength)
{
  return inPlace(srtp2::srtp_unprotect, session, in, inLength, out, outLength);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength)
{
  return inPlace(srtp2::srtp_unprotect_rtcp, session, in, inLength, out, outLength);
}
