#include "sluice/io/atomic_file.h"

#include <sys/stat.h>

#include "expect_error.h"
#include "file_size_limit.h"
#include "gtest/gtest.h"
#include "temporary_folder.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TemporaryFolder folder;
  const std::string path = folder.file("out.csv");
  AtomicFile file(path);
  file.write("a,b\n");
  EXPECT_FALSE(fs::exists(path));
  file.write("1,2\n");
  file.commit();
  EXPECT_EQ(read_bytes(path), "a,b\n1,2\n");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, AbandonedLeavesTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("out.csv");
  write_text_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  EXPECT_EQ(read_bytes(path), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, FullDiskIsAnErrorAndLeavesTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("out.csv");
  write_text_file(path, "old");
  Error error = error_of([] { fail_data("", "", ""); });
  {
    const FileSizeLimit limit(1000);
    error = error_of([&] { write_text_file(path, std::string(5000, 'x')); });
  }
  EXPECT_EQ(error.id, "io.write");
  EXPECT_EQ(error.code, ExitCode::data);
  EXPECT_EQ(error.where, path);
  EXPECT_NE(error.message.find("file-size limit"), std::string::npos);
  EXPECT_EQ(read_bytes(path), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, NoSpaceOnDevice) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const Error error = error_of([] { write_text_file("/dev/full", "x"); });
  EXPECT_EQ(error.where, "/dev/full");
  EXPECT_NE(error.message.find("disk is full"), std::string::npos);
}

TEST(AtomicFile, SaysWhyItCannotBeWritten) {
  const TemporaryFolder folder;
  write_bytes(folder.file("file"), "x");
  const auto message = [](const std::string& path) {
    const Error error = error_of([&] { write_text_file(path, "x"); });
    EXPECT_EQ(error.id, "io.write") << path;
    return error.message;
  };
  EXPECT_NE(message(folder.file("missing/out")).find("missing does not exist"), std::string::npos);
  EXPECT_NE(message(folder.file("file/out")).find("not a folder"), std::string::npos);
  EXPECT_NE(message(folder.string()).find("it is a folder"), std::string::npos);
  EXPECT_NE(message(folder.file(std::string(300, 'n'))), "");
  EXPECT_NE(message(""), "");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, KeepsPermissionsAndFollowsLinks) {
  const TemporaryFolder folder;
  const std::string path = folder.file("real"), link = folder.file("link");
  write_text_file(path, "old");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(path, link);
  write_text_file(link, "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_bytes(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(AtomicFile, NewFileHasTheUsersDefaultPermissions) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(022);
  write_text_file(folder.file("out"), "x");
  ::umask(before);
  EXPECT_EQ(static_cast<unsigned>(fs::status(folder.file("out")).permissions()), 0644U);
}

TEST(AtomicFile, NameAsLongAsTheFileSystemAllows) {
  const TemporaryFolder folder;
  const std::string path = folder.file(std::string(255, 'n'));
  write_text_file(path, "x");
  EXPECT_EQ(read_bytes(path), "x");
}

TEST(AtomicFile, AskingBeforehandLeavesNothingBehind) {
  const TemporaryFolder folder;
  check_writable(folder.file("out.csv"));
  EXPECT_EQ(folder.count(), 0);
  const std::string path = folder.file("no/out.csv");
  EXPECT_EQ(error_of([&] { check_writable(path); }).where, path);
  EXPECT_EQ(error_of([&] { check_writable(folder.string()); }).id, "io.write");
}

TEST(MakeFolder, MakesOneAndIsContentWithOneThatIsThere) {
  const TemporaryFolder folder;
  make_folder(folder.file("figures"));
  make_folder(folder.file("figures"));
  EXPECT_TRUE(fs::is_directory(folder.file("figures")));
  write_bytes(folder.file("file"), "x");
  EXPECT_EQ(error_of([&] { make_folder(folder.file("file")); }).id, "io.write");
  EXPECT_EQ(error_of([&] { make_folder(folder.file("a/b")); }).id, "io.write");
}

}  // namespace
}  // namespace sluice
