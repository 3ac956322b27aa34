package dev.gorgon.train.heads;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder that a training makes: in the end an adapter that servers load, until then a checkpoint. Every file is written
 * completely or not at all, the checkpoint goes last, so a training that was killed at any moment can be taken up again.
 */
final class OutputFolder {

    private static final String REPORT = "training.json";
    private static final List<String> TOKENIZER_FILES = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "tokenizer.model",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja");

    private final Path folder;

    private OutputFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Opens the folder, making it if necessary.
     *
     * @throws TrainingException if it holds something that would be lost or mixed up
     */
    static OutputFolder open(TrainingJob.Folders folders) {
        OutputFolder output = new OutputFolder(folders.output());
        try {
            Files.createDirectories(folders.output());
            if (folders.overwriteOutput() && !folders.resume()) {
                Files.deleteIfExists(output.checkpoint());
                Files.deleteIfExists(output.folder.resolve(REPORT));
                HiddenCache.remove(output.temporaryStates());
                return output;
            }
            boolean unfinished = Files.exists(output.checkpoint()) || Files.exists(output.temporaryStates());
            if (unfinished && !folders.resume()) {
                throw new TrainingException(folders.output()
                        + " holds a training that was interrupted; take it up with --resume, or begin again with"
                        + " --overwrite_output_dir True");
            }
            if (!unfinished && !output.isEmpty()) {
                throw new TrainingException(folders.output()
                        + (Files.exists(output.folder.resolve(REPORT)) ? " holds a finished training" : " is not empty")
                        + "; name another --output_dir, or overwrite it with --overwrite_output_dir True");
            }
            return output;
        } catch (IOException e) {
            throw AtomicFiles.failed("use", folders.output(), e);
        }
    }

    private boolean isEmpty() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(
                    file -> String.valueOf(file.getFileName()).matches(".*\\.partial|runs|report\\.html"));
        }
    }

    /** Where the training goes on from. */
    Path checkpoint() {
        return folder.resolve("training.checkpoint");
    }

    /** Hidden states, when no other place was named for them. */
    Path temporaryStates() {
        return folder.resolve("hidden-states");
    }

    /** Writes the adapter, then removes what is not part of it. */
    void finish(TrainingJob job, HeadParameters parameters, TrainingReport report, Map<String, String> fingerprint) {
        try {
            Files.deleteIfExists(folder.resolve(REPORT));
            for (String name : TOKENIZER_FILES) {
                copy(job.base().folder().resolve(name));
            }
            if (job.base().adapter().isPresent()) {
                try (Stream<Path> files = Files.list(job.base().adapter().get())) {
                    for (Path file : files.sorted().toList()) {
                        if (String.valueOf(file.getFileName()).startsWith("adapter_")) {
                            copy(file);
                        }
                    }
                }
            }
            SafetensorsWriter.write(folder.resolve("medusa_lm_head.safetensors"), parameters);
            writeJson("config.json", config(job, parameters.shape()));
            AtomicFiles.write(folder.resolve("README.md"), ModelCard.of(job, report));
            writeJson(REPORT, report(job, report, fingerprint));
            Files.deleteIfExists(checkpoint());
        } catch (IOException e) {
            throw AtomicFiles.failed("write", folder, e);
        }
        HiddenCache.remove(temporaryStates());
    }

    private void copy(Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        Path target = folder.resolve(String.valueOf(file.getFileName()));
        Path partial = folder.resolve(file.getFileName() + ".partial");
        Files.copy(file, partial, StandardCopyOption.REPLACE_EXISTING);
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void writeJson(String name, Object value) {
        AtomicFiles.write(
                folder.resolve(name),
                JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n");
    }

    /** What servers read (spec medusa.md §1.3): the version is a string, and missing for version 1. */
    private static Map<String, Object> config(TrainingJob job, HeadShape shape) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("base_model_name_or_path", job.base().name());
        config.put("medusa_num_heads", shape.heads());
        config.put("medusa_num_layers", shape.layers());
        if (!shape.ownLmHeads()) {
            config.put("version", String.valueOf(shape.version()));
        }
        return config;
    }

    private static Map<String, Object> report(TrainingJob job, TrainingReport report, Map<String, String> fingerprint) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("command", job.command());
        json.put("fingerprint", fingerprint);
        json.put("plan", report.plan());
        json.put("steps", report.steps());
        json.put("stopped_early", report.stoppedEarly());
        json.put("log", report.log());
        json.put("evaluations", report.evaluations());
        return json;
    }
}
