#include "auth/better_auth.h"

#include "auth/feed_thread.h"
#include "auth/lookup_thread.h"
#include "auth/signature.h"
#include "auth/watch.h"

namespace canvas::auth {
namespace {

class BetterAuthGatekeeper final : public Gatekeeper {
public:
  BetterAuthGatekeeper(BetterAuthOptions options, const DirectoryOpener& opener, WallClock clock)
      : options_(std::move(options)),
        clock_(std::move(clock)),
        for_newcomers_(std::make_unique<Lookup>(opener.open(), options_, clock_)),
        for_reviews_(std::make_unique<Lookup>(opener.open(), options_, clock_)),
        feed_(opener.open_feed()) {}

  // All are told before one is waited for.
  ~BetterAuthGatekeeper() override {
    if (newcomers_) newcomers_->interrupt();
    if (reviews_) reviews_->interrupt();
    if (feed_thread_) feed_thread_->interrupt();
  }

  // The threads start here: what they find has to have somebody to go to.
  void open(Post post) override {
    newcomers_ = std::make_unique<LookupThread>(std::move(for_newcomers_), post);
    reviews_ = std::make_unique<LookupThread>(std::move(for_reviews_), post);
    watch_ =
        std::make_shared<Watch>(options_.recheck_interval, clock_,
                                [this](std::vector<Review> reviews, Urgency urgency, Watch::Reviewed done) {
                                  reviews_->review(std::move(reviews), urgency, std::move(done));
                                });
    if (!feed_) return;
    feed_thread_ = std::make_unique<FeedThread>(
        std::move(feed_), [post, watch = std::weak_ptr(watch_)](std::vector<AccessChange> changes) {
          post([watch, changes = std::move(changes)] {
            if (const auto kept = watch.lock()) kept->changed(changes);
          });
        });
  }

  void admit(const Credentials& credentials, const std::string& document, Admitted done) override {
    Claim claim = read_claim(credentials, options_.claims);
    if (claim.kind == Claim::Kind::none)
      return done(Denial({Errc::unauthenticated, "no session cookie and no token was sent"}));
    if (claim.kind == Claim::Kind::bad) return done(Denial({Errc::unauthenticated, std::move(claim.value)}));
    if (claim.is_from_cookie && !options_.origins.allows(credentials.origin)) {
      return done(Denial(
          {Errc::forbidden, "a cookie is taken only from pages of the allowed origins (--allowed-origins)"}));
    }
    std::string share_hash;
    if (const auto token = query_parameter(credentials.query, "share"); token && !token->empty())
      share_hash = sha256_base64url(*token);
    newcomers_->ask({std::move(claim), document, share_hash},
                    [watch = std::weak_ptr(watch_), document, share_hash, changes = watch_->changes(),
                     done = std::move(done)](const Result<Finding>& finding) {
                      if (const auto kept = watch.lock())
                        answer(*kept, finding, document, share_hash, changes, done);
                    });
  }

  void tick() override { watch_->tick(); }

private:
  static void answer(Watch& watch, const Result<Finding>& finding, const std::string& document,
                     const std::string& share_hash, std::uint64_t changes, const Admitted& done) {
    if (!finding) return done(Denial(finding.error()));
    // Not to be told from a document that there is not.
    if (!finding->actions.view)
      return done(Denial({Errc::forbidden, "there is no such document for you"}, finding->identity));
    done(watch.add(*finding, document, share_hash, changes));
  }

  const BetterAuthOptions options_;
  const WallClock clock_;
  std::unique_ptr<Lookup> for_newcomers_;
  std::unique_ptr<Lookup> for_reviews_;
  std::unique_ptr<ChangeFeed> feed_;
  std::shared_ptr<Watch> watch_;
  // A review of many sessions must not hold up who comes in.
  std::unique_ptr<LookupThread> newcomers_;
  std::unique_ptr<LookupThread> reviews_;
  std::unique_ptr<FeedThread> feed_thread_;
};

}  // namespace

std::unique_ptr<Gatekeeper> make_better_auth_gatekeeper(BetterAuthOptions options,
                                                        const DirectoryOpener& opener, WallClock clock) {
  return std::make_unique<BetterAuthGatekeeper>(std::move(options), opener, std::move(clock));
}

}  // namespace canvas::auth
