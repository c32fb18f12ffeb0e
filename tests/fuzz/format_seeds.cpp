#include <array>

#include "base/json_text.h"
#include "fixtures/hex.h"
#include "lib0/any.h"
#include "seeds.h"

namespace canvas::fuzz {
namespace {

using testing::from_hex;

// One document with all kinds of content and a gap, in both formats; as Yjs 13.6.33 wrote it.
constexpr std::string_view all_kinds_v1 =
    "021007000601017404626f6c640474727565810700018407010569f09f988086070404626f6c64046e756c6c450700157b22696d"
    "616765223a2278222c226e223a312e357d2301016d016b030102032101016d016e01880708017d0608010161017d0188070a0277"
    "0374776f7601016175027e78c1070a070b0100010701017803017087070f0501682901016d016401677601086175746f4c6f6164"
    "7882070c02077b2262223a317d09756e646566696e65640301000401017401610a018401010163010703010108010d02";
constexpr std::string_view all_kinds_v2 =
    "00030003010447094100090002060804000a4656020016250600810084008600450023002100880008008800c100000007008700"
    "2"
    "900820004000a0084372c74626f6c6469f09f9880626f6c646d6b6d6e617870686d64677b2262223a317d756e646566696e65647"
    "4"
    "616301040304410907094101010102030506410202410002021000787e760205696d616765770178016e7c3fc00000030102037d"
    "0"
    "67d01770374776f7601016175027e787601086175746f4c6f616478030001010703010006000401";

Bytes nested_any(std::size_t depth) {
  Bytes any;
  any.reserve(2 * depth + 1);
  for (std::size_t i = 0; i < depth; ++i) any.insert(any.end(), {117, 1});
  any.push_back(126);
  return any;
}

// An update of format v2 from its nine columns and its rest.
Bytes v2_update(const std::array<std::string_view, 9>& columns, BytesView rest) {
  lib0::Writer out;
  out.write_u8(0);
  for (const std::string_view column : columns) out.write_var_bytes(from_hex(column));
  out.write_bytes(rest);
  return out.take();
}

Bytes one_section(std::uint64_t count, BytesView blocks = {}) {
  lib0::Writer rest;
  rest.write_var_uint(1);
  rest.write_var_uint(count);
  rest.write_var_uint(0);
  rest.write_bytes(blocks);
  rest.write_var_uint(0);
  return rest.take();
}

Bytes input(std::uint8_t kind, BytesView rest) {
  Bytes bytes{kind};
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

}  // namespace

void write_v2_updates(const Folder& folder) {
  constexpr std::uint64_t endless = std::uint64_t{1} << 50;
  constexpr std::string_view embeds_info = "05";
  constexpr std::string_view in_root_t = "017401";
  folder.add("kinds-v1", from_hex(all_kinds_v1));
  folder.add("kinds", from_hex(all_kinds_v2));
  folder.add("endless-gc",
             v2_update({"", "01", "", "", "00", "00", "", "", "41ffffffffffffff0f"}, one_section(endless)));
  folder.add("endless-entries", v2_update({"", "41ffffffff0f", "01ffffffff0f", "", "a1", "00", "", "", "01"},
                                          one_section(endless)));
  folder.add("no-columns", v2_update({"", "", "", "", "", "", "", "", ""}, one_section(endless)));
  folder.add("key-again", v2_update({"0100", "07", "", "", "07",
                                     "0372707241"
                                     "01",
                                     "01", "4300", ""},
                                    one_section(2)));
  folder.add("cut-pair", v2_update({"", "01", "", "", "04",
                                    "0674"
                                    "f09f98807a"
                                    "01010001",
                                    "01", "", ""},
                                   one_section(2)));
  folder.add("long-string",
             v2_update({"", "01", "", "", "04", "ffffffff0f74", "01", "", ""}, one_section(1)));
  folder.add(
      "falling-clocks",
      v2_update({"", "4100", "bfffffffffffff1f4100", "", "84", in_root_t, "", "", ""}, one_section(3)));
  for (const std::size_t depth : {lib0::max_any_depth, std::size_t{5'000}}) {
    folder.add("deep-" + std::to_string(depth),
               v2_update({"", "01", "", "", embeds_info, in_root_t, "01", "", ""},
                         one_section(1, nested_any(depth))));
  }
}

void write_formats(const Folder& folder) {
  const Bytes update = from_hex(all_kinds_v1);
  lib0::Writer parts;
  parts.write_var_bytes(from_hex("0207040101"));
  parts.write_bytes(update);
  folder.add("parts", input(0, parts.bytes()));
  folder.add("snapshot", input(1, from_hex("010703010108010d02010714")));
  folder.add("snapshot-falling", input(1, from_hex("02010309010302040305010001010105")));
  folder.add("snapshot-v2", input(2, from_hex("010703010006000401010714")));
  folder.add("snapshot-endless", input(2, from_hex("0101ffffffffffffff0f")));
  for (const std::string_view position : {"00070200", "01017400", "02070f41", "01ffffffff0f74"}) {
    folder.add("position-" + std::string(position), input(3, from_hex(position)));
  }
  folder.add("position-json",
             input(4, as_bytes(R"({"type":{"client":1,"clock":2},"tname":"t","item":null,"assoc":-1})")));
  folder.add("any", input(5, from_hex("760601627d010231307d0201327d0301617d0401627b3fb999999999999a0230317402"
                                      "ff00")));
  folder.add("any-deep", input(5, nested_any(lib0::max_any_depth)));
  folder.add("any-too-deep", input(5, nested_any(8'000)));
  folder.add("any-long", input(5, from_hex("75ffffffffffffff0f7e")));
  folder.add("json",
             input(6, as_bytes(R"( {"b":1.50,"10":[-0,1e400,"\ud83d\ude00\ud800"],"2":{},"b":null} )")));
  const std::string deep = std::string(max_json_depth, '[') + std::string(max_json_depth, ']');
  folder.add("json-deep", input(6, as_bytes(deep)));
}

}  // namespace canvas::fuzz
