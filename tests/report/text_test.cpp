#include "sluice/report/text.h"

#include <cmath>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Text, HtmlIsEscaped) {
  EXPECT_EQ(escape_html("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(escape_html("客运量 ± 1"), "客运量 ± 1");
  EXPECT_EQ(escape_html(std::string("a\0b\x1b\nc", 6)), "ab\nc");
}

TEST(Text, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(to_utf8("caf\xe9"), "caf\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");       // an overlong slash
  EXPECT_EQ(to_utf8("\xed\xa0\x80").substr(0, 3), "\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(to_utf8("量\xe9\x87"), "量\xEF\xBF\xBD\xEF\xBF\xBD");   // cut in the middle
  EXPECT_EQ(to_utf8("𝄞 客"), "𝄞 客");
}

TEST(Text, ChineseIsTwoColumnsWide) {
  EXPECT_EQ(display_width("lstm"), 4);
  EXPECT_EQ(display_width("客运量"), 6);
  EXPECT_EQ(display_width("±"), 1);
  EXPECT_EQ(pad_left("客", 4), "  客");
  EXPECT_EQ(pad_right("客", 4), "客  ");
}

TEST(Text, NumbersShowFourDigitsOfTheSmallest) {
  EXPECT_EQ(decimals_for({15.94, 48.2, NAN}), 2);
  EXPECT_EQ(decimals_for({0.0521, 3}), 5);
  EXPECT_EQ(decimals_for({123456}), 0);
  EXPECT_EQ(decimals_for({}), 0);
  EXPECT_EQ(format_number(15.943, 2), "15.94");
  EXPECT_EQ(format_number(NAN, 2), "–");
  EXPECT_EQ(format_number(1.5e20, 2), "1.5e+20");
  EXPECT_EQ(format_number(3e-9, 2), "3e-09");
  EXPECT_EQ(format_number(0, 2), "0.00");
}

TEST(Text, CountsAreGrouped) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

}  // namespace
}  // namespace sluice
