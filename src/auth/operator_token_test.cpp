#include "auth/operator_token.h"

#include <gtest/gtest.h>

#include <vector>

namespace canvas::auth {
namespace {

TEST(OperatorToken, IsTakenFromWhoKnowsASecret) {
  const std::vector<std::string> secrets{"the new secret", "the old secret"};
  EXPECT_TRUE(is_operator_token(operator_token("the new secret"), secrets));
  EXPECT_TRUE(is_operator_token(operator_token("the old secret"), secrets));
}

TEST(OperatorToken, IsTakenFromNobodyElse) {
  const std::vector<std::string> secrets{"the secret"};
  EXPECT_FALSE(is_operator_token(operator_token("another secret"), secrets));
  EXPECT_FALSE(is_operator_token("", secrets));
  EXPECT_FALSE(is_operator_token("the secret", secrets));
  EXPECT_FALSE(is_operator_token(operator_token("the secret"), {}));
}

TEST(OperatorToken, IsNotMadeWithAnEmptySecret) {
  const std::vector<std::string> secrets{""};
  EXPECT_FALSE(is_operator_token(operator_token("x"), secrets));
  EXPECT_FALSE(is_operator_token("", secrets));
}

}  // namespace
}  // namespace canvas::auth
