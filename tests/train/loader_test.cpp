// Batches as PyTorch's DataLoader gives them.
#include "sluice/train/loader.h"

#include <gtest/gtest.h>

#include "sluice/base/error.h"

namespace sluice {
namespace {

using Epoch = std::vector<std::vector<int64_t>>;

// Ten rows that hold their own number.
Dataset ten_rows() {
  Dataset data{Tensor({10, 2}), Tensor({10, 1}), {}};
  for (int i = 0; i < 10; ++i) {
    data.x.data<float>()[2 * i] = data.x.data<float>()[2 * i + 1] = static_cast<float>(i);
    data.y.data<float>()[i] = static_cast<float>(-i);
  }
  return data;
}

// The rows of every batch of an epoch, as the tensors hold them.
Epoch epoch_of(Loader& loader) {
  Epoch epoch;
  while (loader.next()) {
    std::vector<int64_t> rows;
    const Batch& batch = loader.batch();
    for (int64_t i = 0; i < batch.x().size(0); ++i) {
      rows.push_back(static_cast<int64_t>(batch.x().item(2 * i)));
      EXPECT_EQ(batch.y().item(i), -static_cast<double>(rows.back()));
    }
    EXPECT_EQ(rows, std::vector<int64_t>(loader.rows().begin(), loader.rows().end()));
    epoch.push_back(rows);
  }
  return epoch;
}

TEST(Loader, KeepsTheOrderAndTheShortBatch) {
  Loader loader(ten_rows(), {.batch_size = 4});
  EXPECT_EQ(loader.size(), 3);
  for (int epoch = 0; epoch < 2; ++epoch)
    EXPECT_EQ(epoch_of(loader), (Epoch{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}}));
}

TEST(Loader, DropsTheShortBatch) {
  Loader loader(ten_rows(), {.batch_size = 4, .drop_last = true});
  EXPECT_EQ(loader.size(), 2);
  EXPECT_EQ(epoch_of(loader), (Epoch{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  Loader whole(ten_rows(), {.batch_size = 5, .drop_last = true});
  EXPECT_EQ(epoch_of(whole).size(), 2u);
  Loader none(ten_rows(), {.batch_size = 11, .drop_last = true});
  EXPECT_EQ(epoch_of(none), Epoch{});
}

// torch 2.15: DataLoader(range(10), batch_size=4, shuffle=True,
// generator=torch.Generator().manual_seed(3)), two epochs.
TEST(Loader, ShufflesAsPyTorch) {
  Loader loader(ten_rows(), {.batch_size = 4, .shuffle = true}, 3);
  EXPECT_EQ(epoch_of(loader), (Epoch{{7, 4, 2, 9}, {1, 5, 0, 8}, {6, 3}}));
  EXPECT_EQ(epoch_of(loader), (Epoch{{1, 2, 0, 5}, {9, 4, 8, 3}, {6, 7}}));
  Loader shorter(ten_rows(), {.batch_size = 4, .shuffle = true, .drop_last = true}, 3);
  EXPECT_EQ(epoch_of(shorter), (Epoch{{7, 4, 2, 9}, {1, 5, 0, 8}}));
}

TEST(Loader, SaysWhatIsWrong) {
  const auto id_of = [](auto&& work) -> std::string {
    try {
      work();
    } catch (const Error& error) {
      return error.id;
    }
    return "none";
  };
  EXPECT_EQ(id_of([] { Loader(ten_rows(), {.batch_size = 0}); }), "train.options");
  EXPECT_EQ(id_of([] { Loader({}, {}); }), "train.data");
}

}  // namespace
}  // namespace sluice
