package io.winnow.pruner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The direction in which this service's packages may look. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.winnow.pruner");

  @Test
  void decisionsKnowNoFrameworkAndNoWire() {
    noClasses()
        .that()
        .resideInAnyPackage("io.winnow.pruner.planning..", "io.winnow.pruner.calibration..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..", "io.quarkus..", "io.vertx..", "jakarta..")
        .check(CLASSES);
  }
}
