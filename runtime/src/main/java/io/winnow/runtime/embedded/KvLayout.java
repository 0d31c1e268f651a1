package io.winnow.runtime.embedded;

import io.winnow.v1.DecoderManifest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How the KV memory is shared out: capacity classes and the slots that each of them gets within the
 * limit. Fixed for the life of a runtime, so that admission never depends on who came first.
 *
 * @param classes by capacity, ascending; a class may have no slot
 */
record KvLayout(List<SlotClass> classes) {

  private static final int SMALLEST_QUARTER = 128;

  /**
   * Slots of one capacity.
   *
   * @param capacity tokens that a slot holds
   * @param slots number of slots
   * @param slotBytes keys and values of all layers
   */
  record SlotClass(int capacity, int slots, long slotBytes) {}

  KvLayout {
    classes = List.copyOf(classes);
  }

  /**
   * Shares out the limit, the largest class first: its slots can hold every generation.
   *
   * @throws IllegalArgumentException if not one slot fits
   */
  static KvLayout of(DecoderManifest manifest, EmbeddedSettings settings) {
    int elementBytes = KvElement.of(manifest).bytes();
    long tokenBytes = // keys and values of all layers
        2L * manifest.getLayers() * manifest.getKvHeads() * manifest.getHeadDim() * elementBytes;
    List<Integer> capacities = capacities(manifest.getContextLength(), tokenBytes, settings);
    List<SlotClass> classes = new ArrayList<>();
    long bytesLeft = settings.kvBytesLimit();
    for (int index = capacities.size() - 1; index >= 0; index--) {
      int capacity = capacities.get(index);
      long rowBytes = // one slot's keys of one layer
          (long) manifest.getKvHeads() * capacity * manifest.getHeadDim() * elementBytes;
      long slotBytes = 2L * manifest.getLayers() * rowBytes;
      // One layer's keys are one buffer, and Java's buffers end at 2 GiB.
      long possible = Math.min(bytesLeft / slotBytes, Integer.MAX_VALUE / rowBytes);
      int slots = (int) Math.min(possible, settings.slotsPerClass());
      classes.add(new SlotClass(capacity, slots, slotBytes));
      bytesLeft -= slots * slotBytes;
    }
    Collections.reverse(classes);
    if (classes.stream().allMatch(slotClass -> slotClass.slots() == 0)) {
      throw new IllegalArgumentException(
          "kvBytesLimit is "
              + settings.kvBytesLimit()
              + ", but the smallest slot needs "
              + classes.get(0).slotBytes()
              + " bytes");
    }
    return new KvLayout(classes);
  }

  /** The context and its quarter, and further quarters until one of them fits the limit. */
  private static List<Integer> capacities(int context, long tokenBytes, EmbeddedSettings settings) {
    if (!settings.capacityClasses().isEmpty()) {
      return settings.capacityClasses();
    }
    List<Integer> capacities = new ArrayList<>(List.of(context));
    int quarter = context / 4;
    while (quarter >= SMALLEST_QUARTER
        && (capacities.size() < 2 || capacities.get(0) * tokenBytes > settings.kvBytesLimit())) {
      capacities.add(0, quarter);
      quarter /= 4;
    }
    return capacities;
  }

  int slots() {
    return classes.stream().mapToInt(SlotClass::slots).sum();
  }

  /** Tokens that the largest slot holds. */
  int largestCapacity() {
    return classes.stream()
        .filter(slotClass -> slotClass.slots() > 0)
        .mapToInt(SlotClass::capacity)
        .max()
        .orElseThrow();
  }
}
