package io.winnow.pruner.recipes;

import java.util.List;

/** A recipe that cannot be used; the message holds every problem. */
public final class BadRecipeException extends Exception {

  private static final long serialVersionUID = 1L;

  BadRecipeException(List<String> problems) {
    super(String.join("; ", problems));
  }
}
