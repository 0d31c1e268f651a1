package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CheckoutTest {

  private final Checkout checkout = new Checkout(Path.of("/checkout"));

  @Test
  void recipesBelongToTheModelsUnlessTheyAreNamed() {
    assertThat(checkout.recipes(null, null)).isEqualTo(Path.of("/checkout/demo-model/recipes"));
    assertThat(checkout.recipes(null, Path.of("/models/repo/.")))
        .isEqualTo(Path.of("/models/recipes"));
    assertThat(checkout.recipes(Path.of("/a/../b"), Path.of("/models/repo")))
        .isEqualTo(Path.of("/b"));
  }
}
