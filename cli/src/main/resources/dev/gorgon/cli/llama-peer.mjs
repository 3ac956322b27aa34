// Times llama.cpp on request: one JSON object per line in, one per line out.
import {createInterface} from "node:readline";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: LlamaLogLevel.error});
const now = () => Number(process.hrtime.bigint()) * 1e-9;
const prompt = (count) => Array.from({length: count}, (_, i) => 300 + (i % 1000));

let model;
let context;
let sequence;

const operations = {
    async open({file, threads, contextSize}) {
        const start = now();
        model = await llama.loadModel({modelPath: file, gpuLayers: 0});
        const seconds = now() - start;
        context = await model.createContext({contextSize, batchSize: 512, threads});
        sequence = context.getSequence();
        return {seconds};
    },

    // seconds per token after a context of so many tokens
    async decode({context: length, tokens}) {
        await sequence.clearHistory();
        const ids = prompt(length);
        await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, -1));
        let count = -1;
        let start = 0;
        for await (const _ of sequence.evaluate(ids.slice(-1), {temperature: 0, yieldEogToken: true})) {
            if (count < 0) {
                start = now();
            }
            count++;
            if (count === tokens) {
                break;
            }
        }
        return {seconds: (now() - start) / tokens};
    },

    async prefill({tokens}) {
        await sequence.clearHistory();
        const start = now();
        await sequence.evaluateWithoutGeneratingNewTokens(prompt(tokens));
        return {seconds: now() - start};
    },

    async close() {
        await context?.dispose();
        await model?.dispose();
        model = context = sequence = undefined;
        return {seconds: 0};
    },
};

process.stdout.write(JSON.stringify({ready: true, systemInfo: llama.systemInfo}) + "\n");
for await (const line of createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    try {
        process.stdout.write(JSON.stringify(await operations[request.op](request)) + "\n");
    } catch (error) {
        process.stdout.write(JSON.stringify({error: String(error?.message ?? error)}) + "\n");
    }
}
await llama.dispose();
