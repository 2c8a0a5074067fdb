#include "sluice/io/safetensors.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "expect_error.h"
#include "gtest/gtest.h"
#include "temporary_folder.h"

namespace sluice {
namespace {

NamedTensors sample() {
  const float floats[] = {1, -2.5F, 3e-38F, std::numeric_limits<float>::infinity(), 5, 6};
  const double doubles[] = {M_PI, -0.0, 1e300};
  return {{"weight", Tensor::from(std::span<const float>(floats), {2, 3})},
          {"scaler", Tensor::from(std::span<const double>(doubles), {3})},
          {"scalar", Tensor::full({}, 7)},
          {"empty", Tensor(Shape{0, 4})}};
}

/// A file with this header text and this many bytes of data.
void write_raw(const std::string& path, const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  write_bytes(path, bytes + header + std::string(data_bytes, '\x01'));
}

TEST(Safetensors, RoundTripKeepsEveryBit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  const NamedTensors tensors = sample();
  const Metadata metadata{{"recipe", "target: 客运量\n\"quoted\"\t\\"}, {"empty", ""}};
  write_safetensors(path, tensors, metadata);
  const Safetensors back = read_safetensors(path);
  EXPECT_EQ(back.metadata, metadata);
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = back.tensors[i];
    EXPECT_EQ(name, tensors[i].first);
    EXPECT_EQ(tensor.shape(), tensors[i].second.shape());
    ASSERT_EQ(tensor.dtype(), tensors[i].second.dtype());
    dispatch(tensor.dtype(), [&, &got = tensor](auto zero) {
      using T = decltype(zero);
      const auto expected = tensors[i].second.values<T>();
      EXPECT_EQ(std::memcmp(got.template data<T>(), expected.data(), expected.size_bytes()), 0);
    });
  }
}

TEST(Safetensors, SameContentGivesTheSameBytes) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("a"), sample(), {{"k", "v"}});
  write_safetensors(folder.file("b"), sample(), {{"k", "v"}});
  EXPECT_EQ(read_bytes(folder.file("a")), read_bytes(folder.file("b")));
}

TEST(Safetensors, ReadsIntegersAsDoubles) {
  const TemporaryFolder folder;
  const std::string path = folder.file("i");
  write_raw(path,
            R"({"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},)"
            R"("b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}})",
            7);
  const Safetensors file = read_safetensors(path);
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[0].second.dtype(), DType::f64);
  EXPECT_EQ(file.tensors[0].second.item(1), 257);
  EXPECT_EQ(file.tensors[1].second.item(2), 1);
}

TEST(Safetensors, RefusesIntegersThatADoubleCannotHold) {
  const TemporaryFolder folder;
  write_raw(folder.file("i"), R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", 8);
  const Error error = error_of([&] { read_safetensors(folder.file("i")); });
  EXPECT_EQ(error.id, "io.dtype");
  EXPECT_NE(error.message.find("72340172838076673"), std::string::npos);
}

struct Damage {
  const char* name;
  const char* header;
  size_t data_bytes;
  const char* id;
  const char* says;
};

const Damage damages[] = {
    {"OverlappingTensors",
     R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
     12, "io.corrupt", "overlaps"},
    {"Hole",
     R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
     12, "io.corrupt", "hole"},
    {"DataCut", R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 12, "io.truncated",
     "cut short"},
    {"DataLeft", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "io.corrupt",
     "follow the last"},
    {"SizeOfTypeWrong", R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}})", 8,
     "io.corrupt", "cannot have 8 bytes"},
    {"ShapeOverflows",
     R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
     "io.corrupt", "cannot have"},
    {"HugeExtent", R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})",
     4, "io.corrupt", "impossible shape"},
    {"HugeOffsets",
     R"({"a":{"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]}})",
     4, "io.truncated", "cut short"},
    {"BackwardOffsets", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4,
     "io.corrupt", "ends before"},
    {"NegativeOffset", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4,
     "io.corrupt", "unknown form"},
    {"FractionalShape", R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4,
     "io.corrupt", "unknown form"},
    {"SevenAxes", R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4,
     "io.corrupt", "more than 6 axes"},
    {"UnknownType", R"({"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", 4, "io.dtype",
     "BF16"},
    {"MissingType", R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, "io.corrupt", "no dtype"},
    {"MissingOffsets", R"({"a":{"dtype":"F32","shape":[1]}})", 4, "io.corrupt", "no data_offsets"},
    {"OneOffset", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "io.corrupt",
     "two data offsets"},
    {"DuplicateName",
     R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
     8, "io.corrupt", "\"a\" appears twice"},
    {"DuplicateKey", R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4,
     "io.corrupt", "appears twice"},
    {"MetadataNotText", R"({"__metadata__":{"a":1}})", 0, "io.corrupt", "unknown form"},
    {"MetadataNested", R"({"__metadata__":{"a":{"b":"c"}}})", 0, "io.corrupt", "unknown form"},
    {"ShapeIsText", R"({"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})", 4, "io.corrupt",
     "unknown form"},
    {"ArrayInArray", R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "io.corrupt",
     "unknown form"},
    {"ObjectInArray", R"({"a":{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})", 4, "io.corrupt",
     "unknown form"},
    {"NotJson", R"({"a":)", 4, "io.corrupt", "not JSON"},
    {"TextAfterJson", R"({} {})", 0, "io.corrupt", "not JSON"},
    {"NotUtf8", "{\"\xff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "io.corrupt", "not JSON"},
};

class DamagedFile : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedFile, IsRefusedInOneSentence) {
  const TemporaryFolder folder;
  const std::string path = folder.file("damaged.sluice");
  write_raw(path, GetParam().header, GetParam().data_bytes);
  const Error error = error_of([&] { read_safetensors(path); });
  EXPECT_EQ(error.id, GetParam().id);
  EXPECT_EQ(error.code, ExitCode::data);
  EXPECT_EQ(error.where, path);
  EXPECT_NE(error.message.find(GetParam().says), std::string::npos) << error.what();
}

INSTANTIATE_TEST_SUITE_P(Safetensors, DamagedFile, ::testing::ValuesIn(damages),
                         [](const auto& damage) { return std::string(damage.param.name); });

TEST(Safetensors, DeepNestingIsRefusedWithoutRecursion) {
  const TemporaryFolder folder;
  write_raw(folder.file("deep"), "{\"a\":" + std::string(1000000, '['), 0);
  EXPECT_EQ(error_of([&] { read_safetensors(folder.file("deep")); }).id, "io.corrupt");
}

TEST(Safetensors, HugeHeaderLengthIsRefusedWithoutAllocation) {
  const TemporaryFolder folder;
  const std::string path = folder.file("huge");
  for (const uint64_t length : {uint64_t{90'000'000}, uint64_t{1} << 40, UINT64_MAX}) {
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    write_bytes(path, bytes + "{\"a\"");
    const std::string id = error_of([&] { read_safetensors(path); }).id;
    EXPECT_TRUE(id == "io.truncated" || id == "io.foreign") << id;
  }
}

TEST(Safetensors, ForeignFilesAreNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("file");
  const std::pair<std::string, const char*> files[] = {
      {"", "is empty"},
      {"Month,Passengers\n1949-01,112\n", "text"},
      {"{}", "text"},
      {std::string("PK\x03\x04\x14\0\0\0", 8), "zip"},
      {"\x89PNG\r\n\x1a\n....", "PNG"},
      {"\x1f\x8b\x08....", "gzip"},
      {std::string(100, '\0'), "does not begin with a header"}};
  for (const auto& [bytes, says] : files) {
    write_bytes(path, bytes);
    const Error error = error_of([&] { read_safetensors(path); });
    EXPECT_EQ(error.id, "io.foreign");
    EXPECT_NE(error.message.find(says), std::string::npos) << error.what();
  }
}

TEST(Safetensors, WhatIsNoFileIsRefused) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {folder.string(), folder.file("missing"), folder.file("pipe"), std::string("/dev/zero")}) {
    const Error error = error_of([&] { read_safetensors(path); });
    EXPECT_EQ(error.id, "io.read");
    EXPECT_EQ(error.where, path);
  }
}

TEST(Safetensors, NamesAreUniqueAndUtf8) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  const Tensor one = Tensor::full({1}, 1);
  EXPECT_EQ(error_of([&] { write_safetensors(path, {{"a", one}, {"a", one}}); }).id,
            "io.duplicate_name");
  EXPECT_EQ(error_of([&] { write_safetensors(path, {{"__metadata__", one}}); }).id,
            "io.duplicate_name");
  EXPECT_EQ(error_of([&] { write_safetensors(path, {{"a", one}}, {{"k", "\xe9t\xe9"}}); }).id,
            "io.not_utf8");
  EXPECT_EQ(folder.count(), 0);
}

}  // namespace
}  // namespace sluice
