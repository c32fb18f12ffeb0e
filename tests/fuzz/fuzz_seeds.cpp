// Writes what a fuzz target begins with.
//
//   fuzz_seeds fuzz_update FOLDER && fuzz_update FOLDER

#include <iostream>
#include <string>

#include "base/json_text.h"
#include "fixtures/update_builder.h"
#include "lib0/any.h"
#include "protocol/awareness.h"
#include "seeds.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;
using fuzz::Folder;
using testing::id;
using testing::UpdateBuilder;

// An input of fuzz_update that holds updates as they are.
Bytes raw(const std::vector<Bytes>& updates, bool little_may_wait = false) {
  Bytes input{static_cast<std::uint8_t>(little_may_wait ? 2 : 0), 1, 2};
  for (const Bytes& update : updates) {
    input.push_back(static_cast<std::uint8_t>(update.size() >> 8));
    input.push_back(static_cast<std::uint8_t>(update.size()));
    input.insert(input.end(), update.begin(), update.end());
  }
  return input;
}

Bytes text_bytes(std::string_view text) {
  return to_bytes(as_bytes(text));
}

Bytes nested_any(std::size_t depth) {
  Bytes any;
  for (std::size_t i = 0; i < depth; ++i) any.insert(any.end(), {117, 1});
  any.push_back(126);
  return any;
}

std::string nested_json(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

void write_honest_updates(const Folder& folder) {
  const Bytes typed = UpdateBuilder().section(1, 0).text("hello").build();
  const Bytes more =
      UpdateBuilder().section(1, 5).text(" world", {.origin = id(1, 4)}).erase(1, 0, 2).build();
  const Bytes answer = UpdateBuilder()
                           .section(2, 0)
                           .text("x\xf0\x9f\x98\x80", {.origin = id(1, 2), .right_origin = id(1, 3)})
                           .build();
  folder.add("typed", raw({typed, more, answer}));
  folder.add("early", raw({answer, more, typed, more}));
  folder.add(
      "map",
      raw({UpdateBuilder()
               .section(3, 0)
               .map({.key = "k"})
               .text("v", {.parent = id(3, 0), .key = "a"})
               .build(),
           UpdateBuilder().section(4, 0).map({.origin = id(3, 0), .key = "k"}).erase(3, 0, 2).build()}));
  const UpdateBuilder::At at{.root = "r"};
  using enum ContentKind;
  folder.add("kinds", raw({UpdateBuilder()
                               .section((1ull << 53) - 1, 0)
                               .gc(3)
                               .deleted(2, at)
                               .block(json, at, {2, text_bytes("\x09undefined\x02{}")})
                               .block(binary, at, {1, text_bytes("bytes")})
                               .block(embed, at, {1, text_bytes(R"({"a":1})")})
                               .block(format, at,
                                      {1, text_bytes("\x01"
                                                     "b\x04true")})
                               .block(type, at, {1, text_bytes("\x03\x01p")})
                               .block(any, at, {3, Bytes{127, 125, 5, 118, 1, 1, 'k', 119, 1, 'v'}})
                               .block(doc, at, {1, Bytes{1, 'g', 118, 0}})
                               .skip(4)
                               .gc(1)
                               .build()}));
}

void write_hostile_updates(const Folder& folder) {
  const Bytes endless{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};
  folder.add("endless-sections", raw({endless}));
  Bytes blocks{1};
  blocks.insert(blocks.end(), endless.begin(), endless.end());
  blocks.insert(blocks.end(), {1, 0, 0, 1});
  folder.add("endless-blocks", raw({blocks}));
  Bytes deletes{0};
  deletes.insert(deletes.end(), endless.begin(), endless.end());
  folder.add("endless-deletes", raw({deletes}));

  folder.add("longest-gc", raw({UpdateBuilder().section(1, 0).gc(max_clock).build(),
                                UpdateBuilder().section(1, max_clock - 1).gc(1).erase(1, 5, 1).build()}));
  folder.add("longest-delete", raw({UpdateBuilder().section(1, 0).text("abc").erase(1, 0, max_clock).build(),
                                    UpdateBuilder().erase(9, max_clock - 1, 1).build()}));
  folder.add("no-length", raw({UpdateBuilder().section(1, 0).text("").gc(0).skip(0).text("a").build()}));
  folder.add("circle", raw({UpdateBuilder()
                                .section(2, 0)
                                .text("a", {.origin = id(1, 0)})
                                .section(1, 0)
                                .text("b", {.origin = id(2, 0)})
                                .build()}));
  folder.add("cut-pair",
             raw({UpdateBuilder().section(1, 0).text("\xf0\x9f\x98\x80").erase(1, 1, 1).build(),
                  UpdateBuilder().section(1, 1).text("\xf0\x9f\x98\x80", {.origin = id(1, 0)}).build()}));

  UpdateBuilder deep;
  deep.section(1, 0).block(ContentKind::any, {}, {1, nested_any(lib0::max_any_depth)});
  deep.block(ContentKind::embed, {}, {1, text_bytes(nested_json(max_json_depth))});
  folder.add("deep", raw({deep.build()}));
  folder.add(
      "too-deep-any",
      raw({UpdateBuilder().section(1, 0).block(ContentKind::any, {}, {1, nested_any(10'000)}).build()}));
  folder.add("too-deep-json", raw({UpdateBuilder()
                                       .section(1, 0)
                                       .block(ContentKind::embed, {}, {1, text_bytes(nested_json(10'000))})
                                       .build()}));

  // Lists that wait: gaps in one client, a chain of clients in the worst order, deletions of what never
  // comes.
  std::vector<Bytes> gaps;
  std::vector<Bytes> chain;
  UpdateBuilder deletions;
  for (std::uint64_t i = 0; i < 60; ++i) {
    gaps.push_back(UpdateBuilder().section(1, 2 * i + 1).text("x", {.origin = id(1, 2 * i)}).build());
    chain.push_back(UpdateBuilder().section(i + 1, 0).text("y", {.origin = id(i + 2, 0)}).build());
    deletions.erase(7, 2 * i, 1);
  }
  gaps.push_back(UpdateBuilder().section(1, 0).gc(119).build());
  chain.push_back(UpdateBuilder().section(61, 0).text("z").build());
  folder.add("gaps", raw(gaps));
  folder.add("chain", raw(chain));
  folder.add("gaps-little-room", raw(gaps, true));
  folder.add("chain-little-room", raw(chain, true));
  folder.add("deletions",
             raw({deletions.build(), UpdateBuilder().section(7, 0).text(std::string(130, 'z')).build()}));
}

// Choices for histories: any bytes do, and a fuzzer finds its own from there.
void write_histories(const Folder& folder) {
  for (std::uint8_t seed = 0; seed < 4; ++seed) {
    Bytes input{static_cast<std::uint8_t>(1 | (seed & 1) << 1), seed, seed};
    std::uint32_t state = seed + 1u;
    for (int i = 0; i < 400; ++i) {
      state = state * 1'664'525u + 1'013'904'223u;
      input.push_back(static_cast<std::uint8_t>(state >> 24));
    }
    folder.add("history-" + std::to_string(seed), input);
  }
}

void write_frames(const Folder& folder) {
  const auto add = [&](const std::string& name, std::string_view address,
                       std::initializer_list<std::uint8_t> rest) {
    lib0::Writer y_websocket;
    for (const std::uint8_t byte : rest) y_websocket.write_u8(byte);
    folder.add(name + "-y", y_websocket.bytes());
    lib0::Writer hocuspocus;
    hocuspocus.write_var_string(address);
    hocuspocus.write_bytes(y_websocket.bytes());
    folder.add(name + "-hocuspocus", hocuspocus.bytes());
  };
  add("step1", "doc", {0, 0, 1, 0});
  add("step2", "doc", {0, 1, 2, 0, 0});
  add("update", std::string_view("doc\0session", 11), {0, 2, 2, 0, 0});
  add("awareness", "doc", {1, 6, 1, 5, 1, 2, '{', '}'});
  add("token", "doc", {2, 0, 3, 't', 'o', 'k', 5, '4', '.', '8', '.', '0'});
  add("query", "doc", {3});
  add("stateless", "doc", {5, 2, 'h', 'i'});
  add("close", "doc", {7});
  add("server-only", "doc", {4, 0});
  add("endless", "doc", {0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f});
  folder.add("ping", Bytes{9});
  folder.add("pong", Bytes{10});
  folder.add("path", as_bytes("/ws/my%20plan%2fx"));
  folder.add("bad-path", as_bytes("/ws/%zz%"));
  folder.add("long-path", as_bytes("/ws/" + std::string(520, 'a')));
}

void write_awareness_updates(const Folder& folder) {
  using protocol::AwarenessEntry;
  const std::string deep = nested_json(max_json_depth);
  const std::string too_deep = nested_json(10'000);
  const auto add = [&](const std::string& name, std::vector<AwarenessEntry> entries) {
    folder.add(name, protocol::write_awareness(entries));
  };
  add("nobody", {});
  add("one", {{7, 3, R"({"user":{"name":"Ada","color":"#fff"},"cursor":{"x":1.5,"y":-2e3}})"}});
  add("gone", {{(1ull << 53) - 1, 1, "null"}, {7, 2, "null"}});
  add("escapes", {{1, 1, R"(["\ud83d","\u00e9\n\"",true,false,null,0,-0])"}});
  add("deep", {{1, 1, deep}});
  add("too-deep", {{1, 1, too_deep}});
  folder.add("endless", Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, '1'});
}

// Inputs of fuzz_claim: cookie, authorization, x-session-token, query, token and origin, parted by NULs.
void write_claims(const Folder& folder) {
  const std::string token = "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIye";
  const std::string proof = token + ".zHFJUGUG7LMGPYUPFLd%2FZjxyhSQV%2BAzlTo1B6ow6%2BcQ%3D";
  const std::string jwt = "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJzdWIiOiJ1In0.c2ln";
  const auto add = [&](const std::string& name, const std::vector<std::string>& parts) {
    std::string input;
    for (const std::string& part : parts) input.append(part).push_back('\0');
    input.pop_back();
    folder.add(name, as_bytes(input));
  };
  add("cookie", {"a=b; better-auth.session_token=" + proof, "", "", "", "cookie", "https://a.example.com"});
  add("secure", {"__Secure-better-auth.session_token=\"" + proof + "\"; better-auth.session_token=x", "", "",
                 "", "", "https://app.example.com:443"});
  add("bearer", {"", "Bearer " + proof, "", "", "", "null"});
  add("header", {"", "Basic eDp5", token, "", "", "http://localhost:3000"});
  add("query", {"", "", "", "?a=b&token=" + token + "&access_token=" + proof, "%20null", ""});
  add("jwt", {"", "", "", "token=" + jwt, jwt, "https://example.com@evil.com"});
  add("origins", {"", "", "", "", "https://*.example.com, *.a*b*.org, http://localhost:*, [::1]:80",
                  "https://xaxb.org"});
  add("roles", {"", "", "", "", "owner=*; admin=view,edit; viewer=view", "viewer,admin"});
  add("permission", {"", "", "", "", R"({"diagram":["view","edit"]})", "https://a.example.com.evil.com"});
}

// Inputs of fuzz_jwt: tokens, their parts parted by NULs, payloads, keys.
void write_tokens(const Folder& folder) {
  using namespace std::string_view_literals;
  folder.add("token", as_bytes("eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJzdWIiOiJ1In0.c2ln"));
  folder.add("none", as_bytes("{\"alg\":\"none\",\"kid\":\"ed\"}\0{\"sub\":\"u\"}\0"sv));
  folder.add("ed", as_bytes("{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"typ\":\"JWT\"}\0{}\0x"sv));
  const std::string ec =
      "{\"alg\":\"ES256\",\"kid\":\"ec\"}" + std::string("\0{}\0", 4) + std::string(64, 'x');
  const std::string rsa =
      "{\"alg\":\"PS256\",\"kid\":\"rsa\"}" + std::string("\0{}\0", 4) + std::string(256, 'x');
  folder.add("ec", as_bytes(ec));
  folder.add("rsa", as_bytes(rsa));
  const std::string rest = R"("exp":1800000900,"iss":"https://app.example.com","aud":)";
  folder.add("payload", as_bytes(R"({"sub":"u","iat":1800000000,"nbf":1799999999.5,)" + rest +
                                 R"("https://app.example.com"})"));
  folder.add("audiences", as_bytes(R"({"sub":"u",)" + rest + R"(["https://app.example.com","x"]})"));
  folder.add("ed-key",
             as_bytes(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
  folder.add("ec-key",
             as_bytes(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","alg":"ES256"})"));
  folder.add("rsa-key",
             as_bytes(R"({"kty":"RSA","e":"AQAB","use":"sig","n":")" + std::string(342, 'x') + "\"}"));
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view target = count == 3 ? arguments[1] : "";
  if (target == "fuzz_update" || target == "fuzz_doc" || target == "fuzz_edit" || target == "fuzz_reading") {
    const Folder folder(arguments[2]);
    write_honest_updates(folder);
    write_hostile_updates(folder);
    write_histories(folder);
  } else if (target == "fuzz_update_v2") {
    fuzz::write_v2_updates(Folder(arguments[2]));
  } else if (target == "fuzz_formats") {
    fuzz::write_formats(Folder(arguments[2]));
  } else if (target == "fuzz_frame") {
    write_frames(Folder(arguments[2]));
  } else if (target == "fuzz_awareness") {
    write_awareness_updates(Folder(arguments[2]));
  } else if (target == "fuzz_claim") {
    write_claims(Folder(arguments[2]));
  } else if (target == "fuzz_jwt") {
    write_tokens(Folder(arguments[2]));
  } else {
    std::cerr << "usage: fuzz_seeds "
                 "fuzz_update|fuzz_update_v2|fuzz_formats|fuzz_doc|fuzz_reading|fuzz_frame|fuzz_awareness|"
                 "fuzz_claim|fuzz_jwt FOLDER\n";
    return 2;
  }
}
