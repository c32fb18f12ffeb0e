#include "auth/operator_proof.h"

#include <gtest/gtest.h>

#include <vector>

namespace canvas::auth {
namespace {

const OperatorChallenge challenge{"nonce", "3002"};

TEST(OperatorProof, IsTakenFromWhoKnowsASecret) {
  const std::vector<std::string> secrets{"the new secret", "the old secret"};
  EXPECT_TRUE(is_operator_proof(operator_proof("the new secret", challenge), challenge, secrets));
  EXPECT_TRUE(is_operator_proof(operator_proof("the old secret", challenge), challenge, secrets));
}

TEST(OperatorProof, IsTakenFromNobodyElse) {
  const std::vector<std::string> secrets{"the secret"};
  EXPECT_FALSE(is_operator_proof(operator_proof("another secret", challenge), challenge, secrets));
  EXPECT_FALSE(is_operator_proof("", challenge, secrets));
  EXPECT_FALSE(is_operator_proof("the secret", challenge, secrets));
  EXPECT_FALSE(is_operator_proof(operator_proof("the secret", challenge), challenge, {}));
}

TEST(OperatorProof, IsWorthNothingForAnotherChallenge) {
  const std::vector<std::string> secrets{"the secret"};
  const std::string proof = operator_proof("the secret", challenge);
  EXPECT_FALSE(is_operator_proof(proof, {"another nonce", "3002"}, secrets));
  EXPECT_FALSE(is_operator_proof(proof, {"nonce", "4002"}, secrets));
}

TEST(OperatorProof, IsNotMadeWithAnEmptySecret) {
  const std::vector<std::string> secrets{""};
  EXPECT_EQ(operator_proof("", challenge), "");
  EXPECT_FALSE(is_operator_proof("", challenge, secrets));
}

}  // namespace
}  // namespace canvas::auth
